/// Precision against recall over all thresholds of a binary decision.
///
/// One point per threshold, from the lowest to the highest, then the end point (precision 1, recall 0), which
/// has no threshold. Without positive samples recall is 1 everywhere.
public struct PrecisionRecallCurve: Sendable, Equatable {
  public let precision: [Double]
  /// Decreasing.
  public let recall: [Double]
  /// Increasing; one fewer than the points.
  public let thresholds: [Double]

  /// - Parameter dropIntermediate: of the points with equal recall keep only the first and the last.
  /// - Throws: `MetricError` for no samples, unequal lengths, or a score that is not finite.
  public init(positive: [Bool], scores: [Double], dropIntermediate: Bool = false) throws(MetricError) {
    var counts = try ThresholdCounts(positive: positive, scores: scores)
    if dropIntermediate {
      let tp = counts.truePositives
      counts.keep(
        tp.indices.filter { i in
          guard i > 0, i + 1 < tp.count else { return true }
          return tp[i] != tp[i - 1] || tp[i + 1] != tp[i]
        })
    }
    let positives = Double(counts.positives)
    let points = zip(counts.truePositives, counts.falsePositives).reversed()
    precision = points.map { Double($0) / (Double($0) + Double($1)) } + [1]
    recall = points.map { positives > 0 ? Double($0.0) / positives : 1 } + [0]
    thresholds = counts.thresholds.reversed()
  }

  /// The curve of one class against the rest.
  /// - Throws: `MetricError` for no samples, unequal lengths, or a label or `class` out of range.
  public init(
    truth: [Int], scores: ScoreMatrix, class c: Int, dropIntermediate: Bool = false
  ) throws(MetricError) {
    let column = try oneColumn(truth: truth, scores: scores, class: c)
    try self.init(positive: column.positive, scores: column.scores, dropIntermediate: dropIntermediate)
  }

  /// The sum of precision times gain in recall over the thresholds: the area under the curve as a step
  /// function.
  public var averagePrecision: Double {
    var sum = 0.0
    for i in thresholds.indices { sum += (recall[i] - recall[i + 1]) * precision[i] }
    return max(0, sum)
  }
}

/// The average precision of each class against the rest, averaged.
///
/// - Throws: `MetricError` for no samples, unequal lengths, or a label out of range.
public func averagePrecision(
  truth: [Int], scores: ScoreMatrix, average: Average = .macro
) throws(MetricError) -> Double {
  try oneVersusRest(truth: truth, scores: scores, average: average) {
    (positive, scores) throws(MetricError) in
    try PrecisionRecallCurve(positive: positive, scores: scores).averagePrecision
  }
}
