import AviaryMetrics

/// What models lose when their pictures are changed.
public struct RobustnessStudy: Sendable {
  public struct Result: Sendable {
    /// The position of the model in the comparison.
    public let model: Int
    public let change: PictureChange
    public let accuracy: Double
    /// Accuracy on the pictures as they are minus that on the changed ones.
    public let loss: PairedBootstrap.Estimate
    /// McNemar's exact p-value, corrected over all models and changes.
    public let correctedPValue: Double
    /// Samples that are predicted alike before and after.
    public let stability: Double
  }

  public let names: [String]
  public let changes: [PictureChange]
  /// By model, then by change.
  public let results: [Result]
  public let clean: [Double]

  /// - Parameter changed: for each change one record per entry of the comparison, in order.
  /// - Throws: `EvaluationError.records` where the samples differ; `MetricError`.
  public init(
    _ comparison: Comparison, changed: [(change: PictureChange, records: [EvaluationRecord])],
    options: PairedBootstrap.Options = .init()
  ) throws {
    names = comparison.entries.map(\.name)
    changes = changed.map(\.change)
    clean = comparison.entries.map(\.summary.confusion.accuracy)
    var raw:
      [(model: Int, change: PictureChange, after: Predictions, loss: PairedBootstrap.Estimate, p: Double)] =
        []
    for (model, entry) in comparison.entries.enumerated() {
      let before = entry.predictions
      for (change, records) in changed {
        guard records.indices.contains(model),
          records[model].samples.map(\.id) == entry.record.samples.map(\.id)
        else {
          throw EvaluationError.records(
            "\(entry.name): not all samples could be evaluated under '\(change.title)'")
        }
        let after = try records[model].predictions()
        let bootstrap = try PairedBootstrap(
          truth: before.truth, predicted: [before.predicted, after.predicted], classes: before.classes,
          options: options)
        let test = try McNemar(truth: before.truth, first: before.predicted, second: after.predicted)
        raw.append((model, change, after, bootstrap.accuracyDifference(0, 1), test.exactPValue))
      }
    }
    let corrected = try HolmCorrection.adjusted(raw.map(\.p))
    results = zip(raw, corrected).map { one, p in
      let before = comparison.entries[one.model].predictions.predicted
      let same = zip(before, one.after.predicted).count { $0 == $1 }
      return Result(
        model: one.model, change: one.change, accuracy: one.after.confusion.accuracy, loss: one.loss,
        correctedPValue: p, stability: Double(same) / Double(max(1, before.count)))
    }
  }
}
