import Foundation

/// Which output of a classifier means which class, told from labelled pictures: the one-to-one order under
/// which the pictures' true classes are likeliest.
///
/// The likelihood uses all scores, so that an output that is hardly ever the largest (disgust in FER2013) is
/// placed as well; counting hits alone could not.
public struct LabelFit: Sendable, Equatable {
  /// For each class of the data its output.
  public let outputOfClass: [Int]
  /// For each output its class.
  public let classOfOutput: [Int]
  /// The two classes whose exchange would cost least, and how likely the pictures are to prefer the true
  /// order of the two by chance; `nil` for a single class.
  public let weakest: Doubt?

  public struct Doubt: Sendable, Equatable, Codable {
    public let first: Int
    public let second: Int
    /// One-sided, of the paired differences of log-likelihood.
    public let pValue: Double
  }

  /// No picture can contradict an order by more than this: one gross error must not decide.
  private static let leastProbability: Float = 1e-4

  /// - Parameters:
  ///   - probabilities: a row per picture with as many values as there are classes.
  ///   - labels: the class of each picture.
  /// - Returns: `nil` for no pictures, too many classes (the search is cubic), rows of another length or values
  ///   that are not finite.
  public init?(probabilities: [[Float]], labels: [Int], classes: Int) {
    guard !labels.isEmpty, probabilities.count == labels.count,
      (1...LabelOrderCheck.maximumClasses).contains(classes),
      probabilities.allSatisfy({ $0.count == classes && $0.allSatisfy(\.isFinite) }),
      labels.allSatisfy((0..<classes).contains)
    else { return nil }
    let logs = probabilities.map { $0.map(Self.logarithm) }
    var gains = [[Double]](repeating: [Double](repeating: 0, count: classes), count: classes)
    for (row, label) in zip(logs, labels) {
      for output in 0..<classes { gains[label][output] += row[output] }
    }
    let order = bestAssignment(classes) { Int((gains[$0][$1] * 1000).rounded()) }
    outputOfClass = order
    var inverse = [Int](repeating: 0, count: classes)
    for (label, output) in order.enumerated() { inverse[output] = label }
    classOfOutput = inverse
    weakest = Self.weakest(order, logs, labels)
  }

  static func logarithm(_ probability: Float) -> Double { Double(log(max(leastProbability, probability))) }

  /// - Parameters:
  ///   - order: for each class its output.
  ///   - logs: a row per picture with the logarithms of all outputs' probabilities.
  static func weakest(_ order: [Int], _ logs: [[Double]], _ labels: [Int]) -> Doubt? {
    var weakest: Doubt?
    let rows = Dictionary(grouping: labels.indices) { labels[$0] }
    for first in order.indices {
      for second in order.indices where second > first {
        let (a, b) = (order[first], order[second])
        let differences =
          (rows[first] ?? []).map { logs[$0][a] - logs[$0][b] }
          + (rows[second] ?? []).map { logs[$0][b] - logs[$0][a] }
        let pValue = PairedDifference(differences).pValue
        if pValue > weakest?.pValue ?? -1 { weakest = Doubt(first: first, second: second, pValue: pValue) }
      }
    }
    return weakest
  }
}

/// Whether paired differences are above zero on average: the z test, good from about ten pairs.
struct PairedDifference {
  /// One-sided; 1 where nothing can be said.
  let pValue: Double

  init(_ differences: [Double]) {
    let count = Double(differences.count)
    let mean = differences.reduce(0, +) / count
    let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    guard differences.count >= 2, variance > 0 else {
      pValue = differences.count >= 2 && mean > 0 ? 0 : 1
      return
    }
    pValue = 0.5 * erfc(mean / (variance / count).squareRoot() / 2.0.squareRoot())
  }
}
