import AviaryMetrics

/// Several models judged on the same samples, as one table.
public struct ModelComparison: Sendable, Codable {
  /// One model.
  public struct Entry: Sendable, Codable {
    public let name: String
    /// Metrics by name, as `Metric.all` lists them; those that cannot be computed are absent.
    public let metrics: [String: Double]
    public let imagesPerSecond: Double?

    /// - Parameter metrics: values by name; what is not finite is left out.
    public init(name: String, metrics: [String: Double], imagesPerSecond: Double? = nil) {
      self.name = name
      self.metrics = metrics.filter { $0.value.isFinite }
      self.imagesPerSecond = imagesPerSecond
    }

    /// Computes every metric. Those that need scores are left out where there are only labels.
    /// - Throws: `MetricError` for scores that are no probabilities.
    public init(
      name: String, predictions: Predictions, imagesPerSecond: Double? = nil
    ) throws(MetricError) {
      var metrics: [String: Double] = [:]
      for metric in Metric.all where metric.input == .labels || predictions.scores != nil {
        metrics[metric.name] = try metric(predictions)
      }
      self.init(name: name, metrics: metrics, imagesPerSecond: imagesPerSecond)
    }
  }

  /// The metrics of the table, by name.
  public static let defaultMetrics = [
    "accuracy", "balanced_accuracy", "f1_macro", "top_2_accuracy", "log_loss", "cohen_kappa",
    "matthews_corrcoef",
  ]

  public let entries: [Entry]

  public init(_ entries: [Entry]) { self.entries = entries }

  /// A row per model, in order, with its metrics and images per second; the best of each column stands out.
  /// - Parameter metrics: the columns; names that are not in `Metric.all` are headed by themselves.
  public func table(metrics names: [String] = defaultMetrics) -> Table {
    let hasSpeed = entries.contains { $0.imagesPerSecond != nil }
    var columns = [Table.Column("model", alignment: .left)]
    columns += names.map { Table.Column($0, title: Metric.named($0)?.title ?? $0) }
    if hasSpeed { columns.append(Table.Column("images_per_second", title: "images/s")) }

    let rows = entries.map { entry in
      [.text(entry.name)]
        + names.map { name -> Table.Cell in entry.metrics[name].map { .number($0, digits: 4) } ?? .missing }
        + (hasSpeed ? [entry.imagesPerSecond.map { .number($0, digits: 1) } ?? .missing] : [])
    }
    var table = Table(columns: columns, rows: rows)
    for (i, name) in names.enumerated() {
      guard let metric = Metric.named(name) else { continue }
      table.highlightBest(column: i + 1, higherIsBetter: metric.higherIsBetter)
    }
    if hasSpeed { table.highlightBest(column: columns.count - 1, higherIsBetter: true) }
    return table
  }
}
