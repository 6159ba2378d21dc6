/// True against false positive rate over all thresholds of a binary decision.
///
/// The first point is (0, 0) at an infinite threshold. Rates are NaN where the truth has no negative or no
/// positive sample.
public struct ROCCurve: Sendable, Equatable {
  /// Increasing.
  public let falsePositiveRate: [Double]
  /// Increasing.
  public let truePositiveRate: [Double]
  /// Decreasing; a sample is positive where its score is at least the threshold.
  public let thresholds: [Double]

  /// - Parameter dropIntermediate: leave out points on a straight line between their neighbours.
  /// - Throws: `MetricError` for no samples, unequal lengths, or a score that is not finite.
  public init(positive: [Bool], scores: [Double], dropIntermediate: Bool = true) throws(MetricError) {
    var counts = try ThresholdCounts(positive: positive, scores: scores)
    if dropIntermediate {
      let (fp, tp) = (counts.falsePositives, counts.truePositives)
      counts.keep(
        fp.indices.filter { i in
          guard i > 0, i + 1 < fp.count else { return true }
          return fp[i + 1] - fp[i] != fp[i] - fp[i - 1] || tp[i + 1] - tp[i] != tp[i] - tp[i - 1]
        })
    }
    let (negatives, positives) = (Double(counts.negatives), Double(counts.positives))
    falsePositiveRate = ([0] + counts.falsePositives).map { negatives > 0 ? Double($0) / negatives : .nan }
    truePositiveRate = ([0] + counts.truePositives).map { positives > 0 ? Double($0) / positives : .nan }
    thresholds = [.infinity] + counts.thresholds
  }

  /// The curve of one class against the rest.
  /// - Throws: `MetricError` for no samples, unequal lengths, or a label or `class` out of range.
  public init(
    truth: [Int], scores: ScoreMatrix, class c: Int, dropIntermediate: Bool = true
  ) throws(MetricError) {
    let column = try oneColumn(truth: truth, scores: scores, class: c)
    try self.init(positive: column.positive, scores: column.scores, dropIntermediate: dropIntermediate)
  }

  /// The area under the curve by the trapezoidal rule; NaN where a rate is undefined.
  public var area: Double {
    var area = 0.0
    for i in 1..<max(1, thresholds.count) {
      let width = falsePositiveRate[i] - falsePositiveRate[i - 1]
      area += width * (truePositiveRate[i] + truePositiveRate[i - 1]) / 2
    }
    return area
  }
}

/// The truth and the scores of one class against the rest.
func oneColumn(
  truth: [Int], scores: ScoreMatrix, class c: Int
) throws(MetricError) -> (positive: [Bool], scores: [Double]) {
  try Predictions.check(truth: truth, scores: scores)
  guard (0..<scores.classes).contains(c) else {
    throw .invalidArgument(name: "class", reason: "\(c) is not below \(scores.classes)")
  }
  return (truth.map { $0 == c }, scores.column(c))
}

/// The area under the ROC curve of each class against the rest, averaged. NaN where an average needs a class
/// that has only positive or only negative samples.
///
/// - Throws: `MetricError` for no samples, unequal lengths, a label out of range, or a row that does not sum
///   to one.
public func rocAUC(
  truth: [Int], scores: ScoreMatrix, average: Average = .macro
) throws(MetricError) -> Double {
  try scores.requireNormalizedRows()
  return try oneVersusRest(truth: truth, scores: scores, average: average) {
    (positive, scores) throws(MetricError) in
    try ROCCurve(positive: positive, scores: scores).area
  }
}
