/// A named number that judges predictions.
public struct Metric: Sendable {
  /// What a metric is computed from.
  public enum Input: String, CaseIterable, Codable, Sendable {
    /// True and predicted labels.
    case labels
    /// The truth and any scores that order the classes: probabilities or logits.
    case scores
    /// The truth and probabilities that sum to one.
    case probabilities
  }

  /// The name in reports and JSON; scikit-learn's where it has the metric.
  public let name: String
  /// A short heading for tables.
  public let title: String
  public let input: Input
  /// The value of perfect predictions; larger values are better where it is above `worst`.
  public let best: Double
  /// A bound on the other side, infinite where there is none.
  public let worst: Double
  /// Whether truth and prediction can change places.
  public let isSymmetric: Bool

  public var higherIsBetter: Bool { best > worst }

  private let function: @Sendable (Predictions) throws(MetricError) -> Double

  public init(
    _ name: String, title: String, input: Input, best: Double = 1, worst: Double = 0,
    isSymmetric: Bool = false,
    function: @escaping @Sendable (Predictions) throws(MetricError) -> Double
  ) {
    self.name = name
    self.title = title
    self.input = input
    self.best = best
    self.worst = worst
    self.isSymmetric = isSymmetric
    self.function = function
  }

  /// The value, NaN where the metric is not defined for these predictions.
  /// - Throws: `MetricError` where the metric needs scores that are missing or not what it takes.
  public func callAsFunction(_ predictions: Predictions) throws(MetricError) -> Double {
    try function(predictions)
  }
}
