/// The numbers of a report for samples that count several times or not at all, quickly: everything that does
/// not depend on how often a sample counts (orders, losses, bins) is worked out once.
///
/// With every sample counted once the values are those of the metrics of the same names.
struct Resampling {
  /// The metrics that `values` gives, in its order.
  static let names = [
    "balanced_accuracy", "f1_macro", "f1_weighted", "precision_macro", "recall_macro", "cohen_kappa",
    "matthews_corrcoef", "log_loss", "brier_score", "expected_calibration_error",
    "maximum_calibration_error", "risk_coverage_area", "roc_auc_ovr_macro", "average_precision_macro",
  ]
  /// How many of `names` need no scores.
  static let labelMetrics = 7

  struct Values {
    /// In the order of `names`; only the first `labelMetrics` where there are no scores.
    var metrics: [Double] = []
    var f1: [Double] = []
    /// Per class, NaN where undefined; empty where there are no scores or too many classes.
    var rocAUC: [Double] = []
    var averagePrecision: [Double] = []
  }

  private let truth: [Int]
  private let predicted: [Int]
  private let classes: Int
  /// Whether the highest score is the true class's; calibration goes by the scores, not by `predicted`.
  private var isRight: [Bool] = []
  private var losses: [Double] = []
  private var briers: [Double] = []
  private var confidence: [Double] = []
  private var bins: [Int] = []
  private var byConfidence = Ranking()
  private var byClass: [Ranking] = []

  /// Samples from the highest score to the lowest, and where each group of equal scores ends.
  private struct Ranking {
    var order: [Int32] = []
    var isEnd: [Bool] = []

    init() {}
    init(_ scores: [Double]) {
      order = scores.indices.sorted { scores[$0] > scores[$1] }.map { Int32(truncatingIfNeeded: $0) }
      isEnd = order.indices.map {
        $0 + 1 == order.count || scores[Int(order[$0 + 1])] != scores[Int(order[$0])]
      }
    }
  }

  /// Beyond this many scores the areas of curves, which cost most, are left out.
  static let mostCurveScores = 1_000_000

  /// - Parameter predictions: with scores that are probabilities, or without.
  /// - Throws: `MetricError` for scores that are no probabilities.
  init(_ predictions: Predictions) throws(MetricError) {
    truth = predictions.truth
    predicted = predictions.predicted
    classes = predictions.classes
    guard let scores = predictions.scores, classes >= 2 else { return }
    try scores.requireProbabilities()
    losses = truth.enumerated().map { i, label in
      let p = scores.values[i * classes + label]
      return -Numerics.naturalLog(min(max(p, scores.epsilon), 1 - scores.epsilon))
    }
    briers = truth.enumerated().map { i, label in
      var sum = 0.0
      for c in 0..<classes {
        let distance = scores.values[i * classes + c] - (c == label ? 1 : 0)
        sum += distance * distance
      }
      return sum
    }
    isRight = zip(truth, scores.argmax()).map { $0 == $1 }
    confidence = scores.maximum()
    bins = confidence.map { Calibration.bin(of: $0, count: Calibration.usualBins) }
    byConfidence = Ranking(confidence)
    if scores.values.count <= Self.mostCurveScores {
      byClass = (0..<classes).map { Ranking(scores.column($0)) }
    }
  }

  /// - Parameter weights: how often each sample counts; not all zero.
  func values(_ weights: [Int32]) throws(MetricError) -> Values {
    var counts = [Int](repeating: 0, count: classes * classes)
    for i in truth.indices { counts[truth[i] * classes + predicted[i]] += Int(weights[i]) }
    let confusion = try ConfusionMatrix(counts: counts, classes: classes)
    let macro = try confusion.averageScores(.macro)
    var values = Values()
    values.f1 = try confusion.classScores().map(\.f1)
    values.metrics = [
      confusion.balancedAccuracy(), macro.f1, try confusion.averageScores(.weighted).f1, macro.precision,
      macro.recall, confusion.cohenKappa(), confusion.matthewsCorrelation,
    ]
    guard !losses.isEmpty else { return values }
    let calibration = calibration(weights, total: Double(confusion.total))
    values.metrics += [
      mean(losses, weights) / Double(confusion.total), mean(briers, weights) / Double(confusion.total),
      calibration.expected, calibration.maximum, riskCoverage(weights, total: Double(confusion.total)),
    ]
    for c in byClass.indices {
      let areas = areas(weights, class: c, positives: confusion.support[c], total: confusion.total)
      values.rocAUC.append(areas.roc)
      values.averagePrecision.append(areas.precision)
    }
    for areas in [values.rocAUC, values.averagePrecision] {
      values.metrics.append(areas.isEmpty ? .nan : areas.reduce(0, +) / Double(classes))
    }
    return values
  }

  private func mean(_ values: [Double], _ weights: [Int32]) -> Double {
    var sum = 0.0
    for i in values.indices { sum += Double(weights[i]) * values[i] }
    return sum
  }

  private func calibration(_ weights: [Int32], total: Double) -> (expected: Double, maximum: Double) {
    // Hits minus confidences of a bin: its size times its gap.
    var excess = [Double](repeating: 0, count: Calibration.usualBins)
    var sizes = excess
    for i in bins.indices {
      let weight = Double(weights[i])
      sizes[bins[i]] += weight
      excess[bins[i]] += weight * ((isRight[i] ? 1 : 0) - confidence[i])
    }
    let gaps = zip(excess, sizes).map { $1 > 0 ? $0.magnitude / $1 : 0 }
    return (excess.reduce(0) { $0 + $1.magnitude } / total, gaps.max() ?? 0)
  }

  private func riskCoverage(_ weights: [Int32], total: Double) -> Double {
    var area = 0.0
    var (answered, wrong, group) = (0.0, 0.0, 0.0)
    for (rank, sample) in byConfidence.order.enumerated() {
      let i = Int(sample)
      let weight = Double(weights[i])
      group += weight
      if !isRight[i] { wrong += weight }
      guard byConfidence.isEnd[rank] else { continue }
      answered += group
      if answered > 0 { area += group / total * wrong / answered }
      group = 0
    }
    return area
  }

  private func areas(
    _ weights: [Int32], class c: Int, positives: Int, total: Int
  ) -> (roc: Double, precision: Double) {
    let ranking = byClass[c]
    var (roc, precision) = (0.0, 0.0)
    var (hits, misses, groupHits, groupMisses) = (0.0, 0.0, 0.0, 0.0)
    for (rank, sample) in ranking.order.enumerated() {
      let i = Int(sample)
      let weight = Double(weights[i])
      if truth[i] == c { groupHits += weight } else { groupMisses += weight }
      guard ranking.isEnd[rank] else { continue }
      roc += groupMisses * (hits + groupHits / 2)
      hits += groupHits
      misses += groupMisses
      if groupHits > 0 { precision += groupHits * hits / (hits + misses) }
      (groupHits, groupMisses) = (0, 0)
    }
    let negatives = total - positives
    return (
      positives > 0 && negatives > 0 ? roc / (Double(positives) * Double(negatives)) : .nan,
      positives > 0 ? precision / Double(positives) : 0
    )
  }
}
