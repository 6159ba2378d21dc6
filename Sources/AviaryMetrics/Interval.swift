/// Two bounds around an estimate.
public struct Interval: Sendable, Equatable, Codable {
  public let lower: Double
  public let upper: Double

  public init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }

  /// Wilson's score interval of a proportion, such as an accuracy.
  ///
  /// E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22.
  ///
  /// - Parameter confidence: how often such an interval covers the truth, between 0 and 1 without either.
  /// - Throws: `MetricError` for no trials, more successes than trials, or a confidence out of range.
  public static func wilson(
    successes: Int, trials: Int, confidence: Double = 0.95
  ) throws(MetricError) -> Interval {
    guard trials > 0 else { throw .empty(what: "trials") }
    guard (0...trials).contains(successes) else {
      throw .invalidArgument(name: "successes", reason: "\(successes) is not in 0...\(trials)")
    }
    guard confidence > 0, confidence < 1 else {
      throw .invalidArgument(name: "confidence", reason: "\(confidence) is not between 0 and 1")
    }
    let z = Numerics.normalQuantile(tail: (1 - confidence) / 2)
    let (n, p) = (Double(trials), Double(successes) / Double(trials))
    let center = (p + z * z / (2 * n)) / (1 + z * z / n)
    let radius = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    return Interval(
      lower: successes == 0 ? 0 : center - radius, upper: successes == trials ? 1 : center + radius)
  }
}

extension ConfusionMatrix {
  /// Wilson's score interval of the accuracy.
  /// - Throws: `MetricError` without samples or for a confidence out of range.
  public func accuracyInterval(confidence: Double = 0.95) throws(MetricError) -> Interval {
    try .wilson(successes: correct, trials: total, confidence: confidence)
  }
}
