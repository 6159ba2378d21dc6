import AviaryZoo

extension EvaluationRecord {
  /// Names and labels of a split's samples, by position.
  public struct SampleList: Sendable, Equatable {
    public var ids: [String]
    public var labels: [Int]

    public init(ids: [String], labels: [Int]) {
      self.ids = ids
      self.labels = labels
    }

    public init(_ dataset: Dataset) {
      self.init(ids: dataset.samples.map(\.id), labels: dataset.samples.map(\.label))
    }
  }

  /// Where a model came from, which its identity does not say.
  public struct Source: Sendable, Codable, Equatable {
    public var id: String
    public var file: String

    public init(id: String, file: String) {
      self.id = id
      self.file = file
    }
  }

  /// A record of the batches that are done.
  ///
  /// - Parameter unlabelled: entries of the data set without a usable label.
  /// - Throws: `EvaluationError` for scores that are not finite, labels that do not fit, or batches that are
  ///   not of these samples; `MetricError`.
  public init(
    _ batches: [EvaluationBatch], of identity: EvaluationIdentity, model: Source, samples list: SampleList,
    unlabelled: [Skipped], run: Run, shard: EvaluationShard = .all
  ) throws {
    let batches = batches.sorted { $0.number < $1.number }
    let positions = batches.flatMap(\.positions)
    let raw = batches.flatMap(\.rows)
    guard positions.count == raw.count, list.ids.count == list.labels.count,
      positions.allSatisfy(list.ids.indices.contains)
    else { throw EvaluationError.records("\(model.id): its batches do not fit the samples of the data") }
    if let bad = raw.firstIndex(where: { !$0.allSatisfy(\.isFinite) }) {
      throw EvaluationError.notFinite(model: model.id, sample: list.ids[positions[bad]])
    }
    let map = try LabelMap(
      model: model.id, labels: identity.labels, data: identity.data.kind, classes: identity.classes)
    // Judged over all samples at once: one batch of a few could look like probabilities by chance.
    let kind = identity.outputKind ?? OutputKind(lookingAt: raw)
    let rows = try kind.probabilities(raw)
    self.init(
      version: Self.currentVersion,
      model: Model(
        id: model.id, file: model.file, sha256: identity.sha256, bytes: identity.bytes, input: identity.input,
        outputKind: kind, labels: identity.labels, precision: identity.precision),
      data: identity.data, classes: identity.classes,
      samples: zip(positions, rows).map { position, row in
        Sample(index: position, id: list.ids[position], label: list.labels[position], scores: map(row))
      },
      skipped: unlabelled + batches.flatMap(\.skipped), run: run, software: identity.software,
      shard: shard.isWhole ? nil : shard)
  }
}
