/// What a model gets wrong when it may leave the samples unanswered that it is least sure of.
///
/// One point per distinct confidence, from the highest to the lowest: the fraction of samples answered
/// (coverage) and the fraction of those that are wrong (risk).
///
/// R. El-Yaniv, Y. Wiener (2010), On the Foundations of Noise-free Selective Classification, JMLR 11.
public struct RiskCoverageCurve: Sendable, Equatable {
  /// Increasing, up to 1.
  public let coverage: [Double]
  public let risk: [Double]
  /// Decreasing; a sample is answered where its confidence is at least the threshold.
  public let thresholds: [Double]

  /// - Throws: `MetricError` for no samples, unequal lengths, or a confidence that is not finite.
  public init(correct: [Bool], confidence: [Double]) throws(MetricError) {
    let counts = try ThresholdCounts(positive: correct, scores: confidence)
    let total = Double(correct.count)
    let points = zip(counts.truePositives, counts.falsePositives)
    coverage = points.map { Double($0 + $1) / total }
    risk = points.map { Double($1) / Double($0 + $1) }
    thresholds = counts.thresholds
  }

  /// The curve of the predicted class, with its probability as the confidence.
  /// - Throws: `MetricError` for no samples, unequal lengths, a label out of range, or a score outside 0...1.
  public init(truth: [Int], scores: ScoreMatrix) throws(MetricError) {
    try Predictions.check(truth: truth, scores: scores)
    try scores.requireProbabilities()
    try self.init(correct: zip(truth, scores.argmax()).map { $0 == $1 }, confidence: scores.maximum())
  }

  /// The mean risk over all coverages; samples of equal confidence are answered together. 0 is perfect, and
  /// confidences that say nothing give the error rate.
  ///
  /// Y. Geifman et al. (2019), Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers, ICLR.
  public var area: Double {
    var area = 0.0
    var before = 0.0
    for (coverage, risk) in zip(coverage, risk) {
      area += (coverage - before) * risk
      before = coverage
    }
    return area
  }

  /// The risk when at least this fraction of the samples is answered.
  public func risk(atCoverage wanted: Double) -> Double {
    let index = coverage.firstIndex { $0 >= wanted - 1e-12 } ?? coverage.count - 1
    return risk[index]
  }
}
