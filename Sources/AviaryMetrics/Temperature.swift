/// The temperature that makes probabilities fit the truth best: each row becomes softmax(log p / T), which
/// changes no decision, only how sure it looks. Above 1 the model was too sure, below 1 not sure enough.
///
/// Fitted and judged on the same samples, the loss after fitting is the least that a temperature can reach,
/// not what to expect of other samples.
///
/// C. Guo et al. (2017), On Calibration of Modern Neural Networks, ICML.
public struct Temperature: Sendable, Equatable, Codable {
  public let value: Double
  /// The mean -log of the true class's probability, in nats, with temperature 1.
  public let lossBefore: Double
  /// The same with the fitted temperature.
  public let lossAfter: Double

  /// Where every answer is right (or the best answer is to say nothing) no temperature is the best; the
  /// search ends at these.
  public static let bounds = 0.01...100.0

  /// A probability of zero has no logarithm and counts as this.
  static let leastProbability = 1e-30

  /// - Throws: `MetricError` for fewer than two classes, no samples, unequal lengths, a label out of range,
  ///   or a score outside 0...1.
  public init(truth: [Int], scores: ScoreMatrix) throws(MetricError) {
    guard scores.classes >= 2 else { throw .tooFewClasses(got: scores.classes, needed: 2) }
    try Predictions.check(truth: truth, scores: scores)
    try scores.requireProbabilities()
    let logits = scores.values.map { Numerics.naturalLog(max($0, Self.leastProbability)) }
    let fit = Fit(truth: truth, logits: logits, classes: scores.classes)
    // The loss is convex in 1/T: its slope has one sign on either side of the minimum.
    var (low, high) = (1 / Self.bounds.upperBound, 1 / Self.bounds.lowerBound)
    if fit(low).slope >= 0 {
      high = low
    } else if fit(high).slope <= 0 {
      low = high
    }
    for _ in 0..<200 where low < high {
      let middle = (low * high).squareRoot()
      guard middle > low, middle < high else { break }
      if fit(middle).slope < 0 { low = middle } else { high = middle }
    }
    let inverse = (low * high).squareRoot()
    value = 1 / inverse
    lossBefore = fit(1).loss
    lossAfter = fit(inverse).loss
  }

  /// The probabilities with the temperature applied.
  public func callAsFunction(_ scores: ScoreMatrix) throws(MetricError) -> ScoreMatrix {
    let logits = scores.values.map { Numerics.naturalLog(max($0, Self.leastProbability)) / value }
    return try ScoreMatrix(logits, classes: scores.classes).softmax()
  }

  /// The mean loss as a function of 1/T, and its derivative.
  private struct Fit {
    let truth: [Int]
    let logits: [Double]
    let classes: Int

    func callAsFunction(_ inverse: Double) -> (loss: Double, slope: Double) {
      var (loss, slope) = (0.0, 0.0)
      for (i, label) in truth.enumerated() {
        let start = i * classes
        var highest = logits[start]
        for j in start..<start + classes { highest = max(highest, logits[j]) }
        var (sum, moment) = (0.0, 0.0)
        for j in start..<start + classes {
          let weight = Numerics.exponential((logits[j] - highest) * inverse)
          sum += weight
          moment += weight * logits[j]
        }
        loss += Numerics.naturalLog(sum) + (highest - logits[start + label]) * inverse
        slope += moment / sum - logits[start + label]
      }
      return (loss / Double(truth.count), slope / Double(truth.count))
    }
  }
}
