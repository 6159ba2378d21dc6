/// The mean of the curves of all classes, on an even grid of 1,000 points from 0 to 1.
///
/// The area under a mean curve is not the mean of the areas: between the points of a curve the grid
/// interpolates. Both are in use under the name "macro"; here the mean of areas is `roc_auc_ovr_macro` and
/// `average_precision_macro`, the area under the mean curve has `_curve` behind that.
public struct AveragedCurve: Sendable, Equatable {
  /// False positive rate or recall, increasing.
  public let x: [Double]
  /// The mean true positive rate or precision; NaN where the curve of a class that takes part is undefined.
  public let y: [Double]
  public let area: Double

  static let points = 1000
  private static let grid: [Double] = (0..<points).map {
    $0 == points - 1 ? 1 : Double($0) * (1 / Double(points - 1))
  }

  /// The mean ROC curve, interpolated linearly, as scikit-learn's example of multiclass ROC draws it.
  ///
  /// - Parameter weighted: by support instead of all classes alike.
  /// - Throws: `MetricError` for no samples, unequal lengths, or a label out of range.
  public static func roc(
    truth: [Int], scores: ScoreMatrix, weighted: Bool = false
  ) throws(MetricError) -> AveragedCurve {
    let y = try mean(truth, scores, weighted) { (truth, scores, c) throws(MetricError) in
      let curve = try ROCCurve(truth: truth, scores: scores, class: c)
      let (x, y) = (curve.falsePositiveRate, curve.truePositiveRate)
      guard x[x.count - 1].isFinite, y[y.count - 1].isFinite else {
        return [Double](repeating: .nan, count: points)
      }
      var i = 0
      return grid.map { at in
        // Of points with the same rate the last one counts.
        while i + 1 < x.count, x[i + 1] <= at { i += 1 }
        guard i + 1 < x.count else { return y[i] }
        return y[i] + (at - x[i]) * ((y[i + 1] - y[i]) / (x[i + 1] - x[i]))
      }
    }
    var area = 0.0
    for i in 1..<points { area += (grid[i] - grid[i - 1]) * (y[i] + y[i - 1]) / 2 }
    return AveragedCurve(x: grid, y: y, area: area)
  }

  /// The mean precision at each recall. A class's precision at a recall is that of the highest threshold
  /// that reaches it, and the area is that of steps, as in average precision.
  ///
  /// - Parameter weighted: by support instead of all classes alike.
  /// - Throws: `MetricError` for no samples, unequal lengths, or a label out of range.
  public static func precisionRecall(
    truth: [Int], scores: ScoreMatrix, weighted: Bool = false
  ) throws(MetricError) -> AveragedCurve {
    let y = try mean(truth, scores, weighted) { (truth, scores, c) throws(MetricError) in
      let curve = try PrecisionRecallCurve(truth: truth, scores: scores, class: c)
      var i = curve.recall.count - 1
      return grid.map { at in
        while i > 0, curve.recall[i] < at { i -= 1 }
        return curve.precision[i]
      }
    }
    var area = 0.0
    for i in 1..<points { area += (grid[i] - grid[i - 1]) * y[i] }
    return AveragedCurve(x: grid, y: y, area: area)
  }

  private static func mean(
    _ truth: [Int], _ scores: ScoreMatrix, _ weighted: Bool,
    curve: ([Int], ScoreMatrix, Int) throws(MetricError) -> [Double]
  ) throws(MetricError) -> [Double] {
    try Predictions.check(truth: truth, scores: scores)
    var sum = [Double](repeating: 0, count: points)
    for c in 0..<scores.classes {
      let weight = weighted ? truth.count { $0 == c } : 1
      // A class without true samples weighs nothing, even where its curve is undefined.
      guard weight > 0 else { continue }
      for (i, value) in try curve(truth, scores, c).enumerated() { sum[i] += Double(weight) * value }
    }
    let total = Double(weighted ? truth.count : scores.classes)
    return sum.map { $0 / total }
  }
}

extension ROCCurve {
  /// The curve of all (sample, class) pairs pooled: the micro average.
  /// - Throws: `MetricError` for no samples, unequal lengths, or a label out of range.
  public init(poolingClassesOf truth: [Int], scores: ScoreMatrix) throws(MetricError) {
    try self.init(positive: pooled(truth, scores), scores: scores.values)
  }
}

extension PrecisionRecallCurve {
  /// The curve of all (sample, class) pairs pooled: the micro average.
  /// - Throws: `MetricError` for no samples, unequal lengths, or a label out of range.
  public init(
    poolingClassesOf truth: [Int], scores: ScoreMatrix, dropIntermediate: Bool = false
  ) throws(MetricError) {
    try self.init(
      positive: pooled(truth, scores), scores: scores.values, dropIntermediate: dropIntermediate)
  }
}

/// For each score, row by row, whether it is that of the true class.
func pooled(_ truth: [Int], _ scores: ScoreMatrix) throws(MetricError) -> [Bool] {
  try Predictions.check(truth: truth, scores: scores)
  var positive = [Bool](repeating: false, count: scores.values.count)
  for (i, label) in truth.enumerated() { positive[i * scores.classes + label] = true }
  return positive
}
