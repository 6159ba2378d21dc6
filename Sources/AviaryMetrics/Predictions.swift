/// What a classifier answered, beside the truth: the input of every metric.
public struct Predictions: Sendable {
  /// The true class of each sample, 0 ..< classes.
  public let truth: [Int]
  /// The predicted class of each sample, 0 ..< classes.
  public let predicted: [Int]
  /// The score of every class for each sample, where known.
  public let scores: ScoreMatrix?
  public let confusion: ConfusionMatrix

  public var classes: Int { confusion.classes }

  /// - Throws: `MetricError` for no samples, unequal lengths, or a label that is not below `classes`.
  public init(truth: [Int], predicted: [Int], classes: Int) throws(MetricError) {
    confusion = try ConfusionMatrix(truth: truth, predicted: predicted, classes: classes)
    self.truth = truth
    self.predicted = predicted
    scores = nil
  }

  /// - Parameter predicted: by default the class with the highest score, of equal scores the first.
  /// - Throws: `MetricError` for no samples, unequal lengths, or a label that is not below `scores.classes`.
  public init(truth: [Int], scores: ScoreMatrix, predicted: [Int]? = nil) throws(MetricError) {
    try Self.check(truth: truth, scores: scores)
    let predicted = predicted ?? scores.argmax()
    confusion = try ConfusionMatrix(truth: truth, predicted: predicted, classes: scores.classes)
    self.truth = truth
    self.predicted = predicted
    self.scores = scores
  }

  /// The scores, or `MetricError.scoresMissing`.
  func requireScores(for metric: String) throws(MetricError) -> ScoreMatrix {
    guard let scores else { throw .scoresMissing(metric: metric) }
    return scores
  }

  /// - Throws: `MetricError` for no samples or a label outside 0 ..< classes.
  static func check(_ labels: [Int], what: String, classes: Int) throws(MetricError) {
    guard !labels.isEmpty else { throw .empty(what: what) }
    if let bad = labels.firstIndex(where: { $0 < 0 || $0 >= classes }) {
      throw .labelOutOfRange(what: what, sample: bad, label: labels[bad], classes: classes)
    }
  }

  /// - Throws: `MetricError` for no samples, a row too many or too few, or a label without a column.
  static func check(truth: [Int], scores: ScoreMatrix) throws(MetricError) {
    try check(truth, what: "truth", classes: scores.classes)
    guard truth.count == scores.samples else {
      throw .lengthMismatch(what: "rows of scores", got: scores.samples, expected: truth.count)
    }
  }
}
