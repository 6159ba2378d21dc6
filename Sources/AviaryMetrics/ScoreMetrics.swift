/// The fraction of samples whose true class is among the `k` classes with the highest scores. Of equal scores
/// the class with the higher index counts as the higher one. 1 where `k` is at least the number of classes.
///
/// - Throws: `MetricError` for no samples, unequal lengths, a label out of range, or `k` below 1.
public func topKAccuracy(truth: [Int], scores: ScoreMatrix, k: Int) throws(MetricError) -> Double {
  try Predictions.check(truth: truth, scores: scores)
  guard k >= 1 else { throw .invalidArgument(name: "k", reason: "\(k) is below 1") }
  var hits = 0
  for (i, label) in truth.enumerated() {
    let start = i * scores.classes
    let own = scores.values[start + label]
    var ahead = 0
    for c in 0..<scores.classes {
      let other = scores.values[start + c]
      if other > own || (other == own && c > label) { ahead += 1 }
    }
    if ahead < k { hits += 1 }
  }
  return Double(hits) / Double(truth.count)
}

/// The mean of -log(probability of the true class), in nats. Probabilities are clipped to `epsilon` ... 1 -
/// `epsilon` of the scores' type; rows are taken as they are, without making them sum to one.
///
/// - Throws: `MetricError` for fewer than two classes, no samples, unequal lengths, a label out of range, or
///   a score outside 0...1.
public func logLoss(truth: [Int], scores: ScoreMatrix) throws(MetricError) -> Double {
  guard scores.classes >= 2 else { throw .tooFewClasses(got: scores.classes, needed: 2) }
  try Predictions.check(truth: truth, scores: scores)
  try scores.requireProbabilities()
  var sum = 0.0
  for (i, label) in truth.enumerated() {
    let probability = scores.values[i * scores.classes + label]
    sum -= Numerics.naturalLog(min(max(probability, scores.epsilon), 1 - scores.epsilon))
  }
  return sum / Double(truth.count)
}

/// The mean over samples of the squared distance between the probabilities and the one-hot truth, 0 to 2.
///
/// - Throws: `MetricError` for fewer than two classes, no samples, unequal lengths, a label out of range, or
///   a score outside 0...1.
public func brierScore(truth: [Int], scores: ScoreMatrix) throws(MetricError) -> Double {
  guard scores.classes >= 2 else { throw .tooFewClasses(got: scores.classes, needed: 2) }
  try Predictions.check(truth: truth, scores: scores)
  try scores.requireProbabilities()
  var sum = 0.0
  for (i, label) in truth.enumerated() {
    for (c, probability) in scores.row(i).enumerated() {
      let distance = probability - (c == label ? 1 : 0)
      sum += distance * distance
    }
  }
  return sum / Double(truth.count)
}
