/// Confidence intervals of the numbers of a report.
///
/// Proportions of samples (accuracy, top-k, precision, recall, specificity, negative predictive value of a
/// class) have Wilson's score interval. The others have the percentile bootstrap: the samples are drawn anew
/// with replacement, by a seeded generator, and the interval holds the middle of what the metric gives then.
/// A drawing for which the metric is not defined (a class left out) does not count; where that is more than
/// half of them there is no interval.
///
/// B. Efron (1979), Bootstrap methods: another look at the jackknife, Annals of Statistics 7.
public struct MetricIntervals: Sendable, Equatable {
  public enum Method: String, Sendable, Codable { case wilson, bootstrap }

  public struct Entry: Sendable, Equatable, Codable {
    public let lower: Double
    public let upper: Double
    public let method: Method

    public var interval: Interval { Interval(lower: lower, upper: upper) }
  }

  public struct Options: Sendable, Equatable {
    /// How often such an interval covers the truth, between 0 and 1 without either.
    public var confidence = 0.95
    public var resamples = 1000
    public var seed: UInt64 = 1

    public init() {}
  }

  /// By the name of the metric.
  public let metrics: [String: Entry]
  /// Of each class.
  public let precision, recall, specificity, negativePredictiveValue, f1, rocAUC, averagePrecision: [Entry?]

  /// - Parameter predictions: with scores that are probabilities, or without.
  /// - Throws: `MetricError` for scores that are no probabilities, or options out of range.
  public init(_ predictions: Predictions, options: Options = .init()) throws(MetricError) {
    guard (1...1_000_000).contains(options.resamples) else {
      throw .invalidArgument(name: "resamples", reason: "\(options.resamples) is not in 1...1000000")
    }
    let confidence = options.confidence
    guard confidence > 0, confidence < 1 else {
      throw .invalidArgument(name: "confidence", reason: "\(confidence) is not between 0 and 1")
    }
    func wilson(_ successes: Int, _ trials: Int) throws(MetricError) -> Entry? {
      guard trials > 0 else { return nil }
      let interval = try Interval.wilson(successes: successes, trials: trials, confidence: confidence)
      return Entry(lower: interval.lower, upper: interval.upper, method: .wilson)
    }
    let confusion = predictions.confusion
    let counts = (0..<confusion.classes).map(confusion.binaryCounts)
    precision = try counts.map { c throws(MetricError) in try wilson(c.truePositives, c.predicted) }
    recall = try counts.map { c throws(MetricError) in try wilson(c.truePositives, c.support) }
    specificity = try counts.map { c throws(MetricError) in try wilson(c.trueNegatives, c.negatives) }
    negativePredictiveValue = try counts.map { c throws(MetricError) in
      try wilson(c.trueNegatives, c.rejected)
    }

    let drawn = try Self.draw(predictions, options)
    func percentile(_ values: [Double]) -> Entry? {
      let defined = values.filter { !$0.isNaN }.sorted()
      guard 2 * defined.count > values.count else { return nil }
      return Entry(
        lower: Self.quantile(defined, (1 - confidence) / 2),
        upper: Self.quantile(defined, (1 + confidence) / 2), method: .bootstrap)
    }
    func percentiles(_ part: (Resampling.Values) -> [Double]) -> [Entry?] {
      let count = drawn.first.map { part($0).count } ?? 0
      return (0..<count).map { k in percentile(drawn.map { part($0)[k] }) }
    }
    f1 = percentiles(\.f1)
    rocAUC = percentiles(\.rocAUC)
    averagePrecision = percentiles(\.averagePrecision)
    var metrics: [String: Entry] = [:]
    for (name, entry) in zip(Resampling.names, percentiles(\.metrics)) { metrics[name] = entry }
    metrics["accuracy"] = try wilson(confusion.correct, confusion.total)
    if let scores = predictions.scores {
      for k in [2, 3] {
        let share = try topKAccuracy(truth: predictions.truth, scores: scores, k: k)
        let hits = Int((share * Double(confusion.total)).rounded())
        metrics["top_\(k)_accuracy"] = try wilson(hits, confusion.total)
      }
    }
    self.metrics = metrics
  }

  private static func draw(
    _ predictions: Predictions, _ options: Options
  ) throws(MetricError) -> [Resampling.Values] {
    let resampling = try Resampling(predictions)
    var generator = SeededGenerator(seed: options.seed)
    let samples = predictions.truth.count
    guard samples <= 1 << 31 else { throw .overflow(what: "samples") }
    var drawn: [Resampling.Values] = []
    drawn.reserveCapacity(options.resamples)
    for _ in 0..<options.resamples {
      var weights = [Int32](repeating: 0, count: samples)
      for _ in 0..<samples { weights[generator.next(below: samples)] += 1 }
      drawn.append(try resampling.values(weights))
    }
    return drawn
  }

  /// The quantile of sorted values, interpolated linearly between the two that stand beside it.
  static func quantile(_ sorted: [Double], _ share: Double) -> Double {
    let position = share * Double(sorted.count - 1)
    let index = min(max(0, Int(position)), sorted.count - 1)
    guard index + 1 < sorted.count else { return sorted[index] }
    return sorted[index] + (position - Double(index)) * (sorted[index + 1] - sorted[index])
  }
}
