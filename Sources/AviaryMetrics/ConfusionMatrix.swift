/// How often each class was taken for each other: row `t`, column `p` counts samples of class `t` predicted
/// as `p`.
public struct ConfusionMatrix: Sendable, Equatable {
  public let classes: Int
  /// Row-major, `classes * classes` counts, none negative.
  public private(set) var counts: [Int]
  /// True samples of each class: the sum of each row.
  public private(set) var support: [Int]
  /// Samples predicted as each class: the sum of each column.
  public private(set) var predictedCounts: [Int]
  /// All samples.
  public private(set) var total: Int

  /// The most classes a matrix is made for: its counts then take half a gigabyte.
  public static let maximumClasses = 8192

  /// - Throws: `MetricError` for no samples, unequal lengths, or a label outside 0 ..< classes.
  public init(truth: [Int], predicted: [Int], classes: Int) throws(MetricError) {
    try Predictions.check(truth, what: "truth", classes: classes)
    guard predicted.count == truth.count else {
      throw .lengthMismatch(what: "predicted", got: predicted.count, expected: truth.count)
    }
    try Predictions.check(predicted, what: "predicted", classes: classes)
    try Self.check(classes: classes)
    var counts = [Int](repeating: 0, count: classes * classes)
    for (t, p) in zip(truth, predicted) { counts[t * classes + p] += 1 }
    try self.init(counts: counts, classes: classes)
  }

  /// A matrix from its counts, row-major; all zero is allowed, as the start of a sum.
  /// - Throws: `MetricError` for a wrong number of counts, a negative one, or a sum beyond `Int`.
  public init(counts: [Int], classes: Int) throws(MetricError) {
    try Self.check(classes: classes)
    guard counts.count == classes * classes else {
      throw .lengthMismatch(what: "counts", got: counts.count, expected: classes * classes)
    }
    var support = [Int](repeating: 0, count: classes)
    var predictedCounts = support
    var total = 0
    for (i, count) in counts.enumerated() {
      guard count >= 0 else {
        let place = "row \(i / classes), column \(i % classes)"
        throw .invalidArgument(name: "counts", reason: "\(place) is \(count)")
      }
      let (sum, overflow) = total.addingReportingOverflow(count)
      guard !overflow else { throw .overflow(what: "counts") }
      total = sum
      // Row and column sums are at most the total.
      support[i / classes] += count
      predictedCounts[i % classes] += count
    }
    self.classes = classes
    self.counts = counts
    self.support = support
    self.predictedCounts = predictedCounts
    self.total = total
  }

  private static func check(classes: Int) throws(MetricError) {
    guard classes > 0 else { throw .tooFewClasses(got: classes, needed: 1) }
    guard classes <= maximumClasses else { throw .tooManyClasses(got: classes, limit: maximumClasses) }
  }

  /// The number of samples of class `truth` that were predicted as `predicted`.
  public subscript(truth truth: Int, predicted predicted: Int) -> Int {
    counts[truth * classes + predicted]
  }

  /// The counts as one array per true class.
  public var rows: [[Int]] {
    (0..<classes).map { Array(counts[$0 * classes..<($0 + 1) * classes]) }
  }

  /// Samples of each class that were predicted as it: the diagonal.
  public var truePositives: [Int] {
    (0..<classes).map { self[truth: $0, predicted: $0] }
  }

  /// All samples predicted right.
  public var correct: Int { truePositives.reduce(0, +) }

  /// The sum of two matrices over different samples, for evaluations done in parts.
  /// - Throws: `MetricError` where the numbers of classes differ, or a sum exceeds `Int`.
  public func merging(_ other: ConfusionMatrix) throws(MetricError) -> ConfusionMatrix {
    guard other.classes == classes else {
      throw .lengthMismatch(what: "classes of the other matrix", got: other.classes, expected: classes)
    }
    guard !total.addingReportingOverflow(other.total).overflow else { throw .overflow(what: "counts") }
    return try ConfusionMatrix(counts: zip(counts, other.counts).map { $0 + $1 }, classes: classes)
  }
}

extension ConfusionMatrix {
  /// What the counts are divided by; the names are scikit-learn's `normalize`.
  public enum Normalization: String, CaseIterable, Codable, Sendable {
    /// By the sum of the row: the diagonal is the recall.
    case `true`
    /// By the sum of the column: the diagonal is the precision.
    case pred
    /// By the number of all samples.
    case all
  }

  /// The counts as fractions, row-major. A row (or column) without samples gives zeros.
  public func normalized(_ normalization: Normalization) -> [Double] {
    counts.enumerated().map { i, count in
      let denominator =
        switch normalization {
        case .true: support[i / classes]
        case .pred: predictedCounts[i % classes]
        case .all: total
        }
      return denominator == 0 ? 0 : Double(count) / Double(denominator)
    }
  }
}

extension ConfusionMatrix: Codable {
  private enum CodingKeys: String, CodingKey { case counts }

  /// Encoded as `{"counts": [[...], ...]}`, one array per true class.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(rows, forKey: .counts)
  }

  public init(from decoder: any Decoder) throws {
    let rows = try decoder.container(keyedBy: CodingKeys.self).decode([[Int]].self, forKey: .counts)
    if let row = rows.first(where: { $0.count != rows.count }) {
      throw MetricError.lengthMismatch(what: "row of counts", got: row.count, expected: rows.count)
    }
    try self.init(counts: Array(rows.joined()), classes: rows.count)
  }
}
