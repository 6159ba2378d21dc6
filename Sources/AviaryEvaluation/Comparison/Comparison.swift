import AviaryMetrics

/// Several evaluations of the same samples: who is better, how sure that is, and where they differ.
public struct Comparison: Sendable {
  /// One row of the comparison.
  public struct Entry: Sendable {
    /// Unique within the comparison.
    public let name: String
    public let record: EvaluationRecord
    public let summary: EvaluationSummary
    public let predictions: Predictions
    public let accuracy: Interval
    public let macroF1: PairedBootstrap.Estimate

    public var cost: RunCost? { record.run.cost }
  }

  public let entries: [Entry]
  /// Every two of them, in order.
  public let pairs: [PairComparison]
  /// What several models give together.
  public let combined: [CombinedModel]
  /// The data set's.
  public let classes: [String]

  public struct Options: Sendable {
    public var bootstrap = PairedBootstrap.Options()
    public var metrics: [Metric] = Metric.all
    /// Ensembles by the names of their members.
    public var ensembles: [[String]] = []
    /// Whether all of several models make an ensemble where none is named; rows that are one model in several
    /// ways have nothing to tell each other.
    public var combinesAll = true

    public init() {}
  }

  /// - Parameters:
  ///   - records: of the same samples.
  ///   - names: one per record where their ids would not tell them apart.
  /// - Throws: `EvaluationError.records` where they are not of the same samples, `.option` for an ensemble of
  ///   what is not there; `MetricError`.
  public init(_ records: [EvaluationRecord], names: [String]? = nil, options: Options = .init()) throws {
    guard let first = records.first else { throw EvaluationError.records("there is nothing to compare") }
    for record in records.dropFirst() { try Self.check(record, isOn: first) }
    let names = Self.unique(names ?? records.map(\.model.id))
    classes = first.classes
    let predictions = try records.map { try $0.predictions() }
    let bootstrap = try PairedBootstrap(
      truth: predictions[0].truth, predicted: predictions.map(\.predicted), classes: classes.count,
      options: options.bootstrap)
    entries = try records.indices.map { index in
      let summary = try records[index].summary(metrics: options.metrics)
      return Entry(
        name: names[index], record: records[index], summary: summary, predictions: predictions[index],
        accuracy: summary.accuracyInterval, macroF1: bootstrap.macroF1(index))
    }
    pairs = try PairComparison.all(entries, bootstrap: bootstrap)
    combined = try CombinedModel.all(
      entries, ensembles: options.ensembles, combinesAll: options.combinesAll && entries.count > 1)
  }

  private static func check(_ record: EvaluationRecord, isOn first: EvaluationRecord) throws(EvaluationError)
  {
    guard record.classes == first.classes, record.samples.count == first.samples.count,
      zip(record.samples, first.samples).allSatisfy({ $0.id == $1.id && $0.label == $1.label })
    else {
      throw .records(
        "\(record.model.id) and \(first.model.id) were not judged on the same samples; compare evaluates both "
          + "on one data set, runs diff compares what is in both")
    }
  }

  private static func unique(_ names: [String]) -> [String] {
    var seen: [String: Int] = [:]
    return names.map { name in
      let count = (seen[name] ?? 0) + 1
      seen[name] = count
      return count == 1 ? name : "\(name)-\(count)"
    }
  }

  /// The comparison of two entries.
  public func pair(_ first: Int, _ second: Int) -> PairComparison? {
    pairs.first { ($0.first, $0.second) == (min(first, second), max(first, second)) }
  }
}
