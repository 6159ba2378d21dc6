/// True and false positives of a binary decision at each distinct score, from the highest threshold to the
/// lowest.
struct ThresholdCounts {
  private(set) var thresholds: [Double] = []
  private(set) var truePositives: [Int] = []
  private(set) var falsePositives: [Int] = []

  var positives: Int { truePositives.last ?? 0 }
  var negatives: Int { falsePositives.last ?? 0 }

  /// - Throws: `MetricError` for no samples, unequal lengths, or a score that is not finite.
  init(positive: [Bool], scores: [Double]) throws(MetricError) {
    guard !positive.isEmpty else { throw .empty(what: "truth") }
    guard scores.count == positive.count else {
      throw .lengthMismatch(what: "scores", got: scores.count, expected: positive.count)
    }
    if let bad = scores.firstIndex(where: { !$0.isFinite }) { throw .notFinite(sample: bad, class: 0) }
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    var hits = 0
    for (rank, i) in order.enumerated() {
      if positive[i] { hits += 1 }
      // Samples with equal scores pass the threshold together: only the last of them gives a point.
      if rank + 1 < order.count, scores[order[rank + 1]] == scores[i] { continue }
      thresholds.append(scores[i])
      truePositives.append(hits)
      falsePositives.append(rank + 1 - hits)
    }
  }

  /// Only the points at `indices`.
  mutating func keep(_ indices: [Int]) {
    thresholds = indices.map { thresholds[$0] }
    truePositives = indices.map { truePositives[$0] }
    falsePositives = indices.map { falsePositives[$0] }
  }
}

/// A one-against-the-rest metric of each class, averaged.
///
/// Micro pools every (sample, class) pair. Macro is the plain mean, NaN where a class is undefined. Weighted
/// weighs by support, so that classes without true samples do not take part.
func oneVersusRest(
  truth: [Int], scores: ScoreMatrix, average: Average,
  metric: (_ positive: [Bool], _ scores: [Double]) throws(MetricError) -> Double
) throws(MetricError) -> Double {
  try Predictions.check(truth: truth, scores: scores)
  if average == .micro {
    return try metric(pooled(truth, scores), scores.values)
  }
  var sum = 0.0
  for c in 0..<scores.classes {
    let positive = truth.map { $0 == c }
    let support = positive.count { $0 }
    if average == .weighted, support == 0 { continue }
    let value = try metric(positive, scores.column(c))
    sum += average == .weighted ? value * Double(support) : value
  }
  return sum / Double(average == .weighted ? truth.count : scores.classes)
}
