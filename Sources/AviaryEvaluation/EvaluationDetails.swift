import AviaryMetrics

/// What a report says beyond single numbers: how sure they are, each class against the rest, how far the
/// confidence can be trusted.
public struct EvaluationDetails: Sendable {
  /// One class against the rest. Values that are not defined are nil.
  public struct Class: Sendable {
    public let name: String
    public let counts: BinaryCounts
    /// By name: precision, recall, f1, f0.5, f2, specificity, npv, roc_auc, average_precision.
    public let values: [(name: String, value: Double?)]
    /// By the same names; not all have one.
    public let intervals: [String: MetricIntervals.Entry]

    public subscript(name: String) -> Double? { values.first { $0.name == name }?.value ?? nil }
  }

  public let intervals: MetricIntervals
  public let classes: [Class]
  public let calibration: Calibration
  /// Nil for a single class.
  public let temperature: Temperature?
  /// Calibration of the same samples once the temperature is applied.
  public let calibrationAfter: Calibration?
  public let riskCoverage: RiskCoverageCurve

  /// - Throws: `MetricError` for predictions without scores, or with scores that are no probabilities.
  public init(
    _ predictions: Predictions, classes names: [String], intervals options: MetricIntervals.Options = .init()
  ) throws(MetricError) {
    guard let scores = predictions.scores else { throw .scoresMissing(metric: "the report") }
    let truth = predictions.truth
    let intervals = try MetricIntervals(predictions, options: options)
    self.intervals = intervals
    calibration = try Calibration(truth: truth, scores: scores)
    riskCoverage = try RiskCoverageCurve(truth: truth, scores: scores)
    if scores.classes >= 2 {
      let fitted = try Temperature(truth: truth, scores: scores)
      temperature = fitted
      calibrationAfter = try Calibration(truth: truth, scores: fitted(scores))
    } else {
      (temperature, calibrationAfter) = (nil, nil)
    }
    let confusion = predictions.confusion
    let report = try confusion.classScores(zeroDivision: .nan)
    classes = try names.enumerated().map { c, name throws(MetricError) in
      let counts = confusion.binaryCounts(of: c)
      let roc = try ROCCurve(truth: truth, scores: scores, class: c).area
      let precision = try PrecisionRecallCurve(truth: truth, scores: scores, class: c).averagePrecision
      let values: [(name: String, value: Double)] = [
        ("precision", report[c].precision), ("recall", report[c].recall), ("f1", report[c].f1),
        ("f0.5", counts.fScore(beta: 0.5, .nan)), ("f2", counts.fScore(beta: 2, .nan)),
        ("specificity", counts.specificity(.nan)), ("npv", counts.negativePredictiveValue(.nan)),
        ("roc_auc", roc), ("average_precision", counts.support > 0 ? precision : .nan),
      ]
      let entries: [(name: String, entries: [MetricIntervals.Entry?])] = [
        ("precision", intervals.precision), ("recall", intervals.recall), ("f1", intervals.f1),
        ("specificity", intervals.specificity), ("npv", intervals.negativePredictiveValue),
        ("roc_auc", intervals.rocAUC), ("average_precision", intervals.averagePrecision),
      ]
      var found: [String: MetricIntervals.Entry] = [:]
      for (name, entries) in entries where entries.indices.contains(c) {
        // No interval around what is not defined.
        if values.contains(where: { $0.name == name && !$0.value.isNaN }) { found[name] = entries[c] }
      }
      return Class(
        name: name, counts: counts, values: values.map { ($0.name, $0.value.finiteOrNil) }, intervals: found)
    }
  }
}

extension EvaluationDetails.Class: Encodable {
  private enum Key: String, CodingKey { case name, counts, values, intervals, support, predicted }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(name, forKey: .name)
    try container.encode(counts.support, forKey: .support)
    try container.encode(counts.predicted, forKey: .predicted)
    try container.encode(counts, forKey: .counts)
    try container.encode(
      Dictionary(values.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }),
      forKey: .values)
    try container.encode(intervals, forKey: .intervals)
  }
}

extension EvaluationDetails: Encodable {
  private enum Key: String, CodingKey {
    case intervals, calibration, temperature
    case perClass = "per_class"
    case riskCoverage = "risk_coverage"
  }

  private struct TemperatureText: Encodable {
    let temperature: Double
    let log_loss: [String: Double]
    let expected_calibration_error: [String: Double]
  }

  /// The risk at some coverages; every point of the curve would be a line per sample.
  private struct Risk: Encodable {
    let coverage: Double
    let risk: Double
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(intervals.metrics, forKey: .intervals)
    try container.encode(classes, forKey: .perClass)
    try container.encode(calibration, forKey: .calibration)
    if let temperature, let calibrationAfter {
      try container.encode(
        TemperatureText(
          temperature: temperature.value,
          log_loss: ["before": temperature.lossBefore, "after": temperature.lossAfter],
          expected_calibration_error: [
            "before": calibration.expectedError, "after": calibrationAfter.expectedError,
          ]), forKey: .temperature)
    }
    try container.encode(
      (1...10).map { Double($0) / 10 }.map { Risk(coverage: $0, risk: riskCoverage.risk(atCoverage: $0)) },
      forKey: .riskCoverage)
  }
}
