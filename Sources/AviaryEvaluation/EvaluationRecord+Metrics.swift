import AviaryMetrics

extension EvaluationRecord {
  /// The samples as the metrics take them. Scores are probabilities whose rows sum to 1 in double precision.
  ///
  /// - Throws: `MetricError` for a record without samples or with scores that are no numbers.
  public func predictions() throws(MetricError) -> Predictions {
    let scores = try ScoreMatrix(
      samples.flatMap { $0.scores.map { Double($0) } }, classes: max(1, classes.count))
    guard !samples.isEmpty else { throw .empty(what: "evaluation record") }
    return try Predictions(truth: samples.map(\.label), scores: try scores.normalized())
  }

  /// The metrics, the report and the matrix.
  ///
  /// - Throws: `MetricError` as `predictions()`.
  public func summary(metrics: [Metric] = Metric.all) throws(MetricError) -> EvaluationSummary {
    try EvaluationSummary(self, metrics: metrics)
  }
}

/// The results computed from one record.
public struct EvaluationSummary: Sendable {
  public let model: EvaluationRecord.Model
  public let data: EvaluationRecord.Data
  public let classes: [String]
  public let samples: Int
  public let skipped: Int
  /// In the order they were asked for, usually that of `Metric.all`; `nil` where a metric is not defined for these samples.
  public let metrics: [(name: String, value: Double?)]
  public let report: ClassificationReport
  public let confusion: ConfusionMatrix
  public let accuracyInterval: Interval
  public let details: EvaluationDetails
  /// What everything here was computed from, for charts.
  public let predictions: Predictions

  public init(_ record: EvaluationRecord, metrics wanted: [Metric] = Metric.all) throws(MetricError) {
    let predictions = try record.predictions()
    self.predictions = predictions
    model = record.model
    data = record.data
    classes = record.classes
    samples = record.samples.count
    skipped = record.skipped.count
    var metrics: [(name: String, value: Double?)] = []
    for metric in wanted { metrics.append((metric.name, try metric(predictions).finiteOrNil)) }
    self.metrics = metrics
    confusion = predictions.confusion
    // Every class, also one that the split lacks: a report that hides it would look better than it is.
    report = try ClassificationReport(
      confusion, labels: Array(record.classes.indices), names: record.classes)
    accuracyInterval = try confusion.accuracyInterval()
    details = try EvaluationDetails(predictions, classes: record.classes)
  }

  public subscript(metric name: String) -> Double? {
    metrics.first { $0.name == name }?.value
  }
}

extension EvaluationSummary: Encodable {
  private enum Key: String, CodingKey {
    case model, data, classes, samples, skipped, metrics, report
    case confusionMatrix = "confusion_matrix"
    case accuracyInterval = "accuracy_interval"
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(model, forKey: .model)
    try container.encode(data, forKey: .data)
    try container.encode(classes, forKey: .classes)
    try container.encode(samples, forKey: .samples)
    try container.encode(skipped, forKey: .skipped)
    try container.encode(
      Dictionary(metrics.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }),
      forKey: .metrics)
    try container.encode(report, forKey: .report)
    try container.encode(confusion.rows, forKey: .confusionMatrix)
    try container.encode(accuracyInterval, forKey: .accuracyInterval)
    try details.encode(to: encoder)
  }
}
