import AviaryImage
import AviaryZoo
import Foundation

/// Runs classifiers over the samples of a data set.
public struct Evaluator: Sendable {
  private var models: [Subject]
  public let dataset: Dataset
  private let options: EvaluationOptions

  /// A classifier and what its scores depend on.
  private struct Subject: Sendable {
    let classifier: Classifier
    let identity: EvaluationIdentity
    /// Which of the distinct preprocessings prepares its pictures.
    var preprocessing: Int
  }

  /// Each way that a picture is prepared, once, however many models share it.
  private var preprocessings: [Preprocessing] = []
  /// The batches of this part of the evaluation.
  private let batches: [(number: Int, positions: [Int])]

  /// Reads every stored picture once, for the data's content hash.
  ///
  /// - Throws: `EvaluationError` (classes that do not fit, options without meaning), `ZooError.file`,
  ///   `DatasetError` of a sample whose bytes cannot be read, unless those are skipped.
  public init(
    _ classifiers: [Classifier], on dataset: Dataset, options: EvaluationOptions = .init()
  ) throws {
    try options.validate()
    guard !dataset.samples.isEmpty else {
      throw EvaluationError.noSamples(dataset: dataset.name, split: dataset.split)
    }
    for classifier in classifiers { try Self.check(classifier, fits: dataset) }
    let data = EvaluationRecord.Data(
      kind: dataset.kind, path: dataset.path, split: dataset.split, contentHash: try dataset.contentHash(),
      samples: dataset.samples.count, change: dataset.change)
    models = try classifiers.map { classifier in
      let digest = try FileDigest(remembering: classifier.reference.modelPath)
      let identity = EvaluationIdentity(
        sha256: digest.sha256, bytes: digest.bytes, input: classifier.contract.input,
        outputName: classifier.contract.outputName, outputKind: classifier.contract.outputKind,
        labels: classifier.contract.labels ?? [], precision: classifier.session.precision,
        disabledPasses: classifier.session.disabledPasses, data: data, classes: dataset.classes,
        limit: options.limit.flatMap { $0 < dataset.samples.count ? $0 : nil },
        skipBad: dataset.options.skipBad)
      return Subject(classifier: classifier, identity: identity, preprocessing: 0)
    }
    self.dataset = dataset
    self.options = options
    batches = options.batches(of: dataset.samples.count)
    sharePreprocessings()
  }

  private mutating func sharePreprocessings() {
    preprocessings = []
    for index in models.indices {
      let input = models[index].classifier.contract.input
      let position = preprocessings.firstIndex { $0.isSameWork(as: input) } ?? preprocessings.count
      if position == preprocessings.count { preprocessings.append(input) }
      models[index].preprocessing = position
    }
  }

  /// The same evaluation of some of the models, by their positions.
  public func selecting(_ positions: [Int]) -> Evaluator {
    var copy = self
    copy.models = positions.filter(models.indices.contains).map { models[$0] }
    copy.sharePreprocessings()
    return copy
  }

  private static func check(_ classifier: Classifier, fits dataset: Dataset) throws(EvaluationError) {
    if let outputs = classifier.contract.classes, outputs != dataset.classes.count {
      throw .classes(
        "\(classifier.id): its output '\(classifier.contract.outputName)' has \(outputs) classes, but the "
          + "data \(dataset.name) has \(dataset.classes.count) (\(dataset.classes.joined(separator: ", ")))")
    }
    _ = try LabelMap(
      model: classifier.id, labels: classifier.contract.labels, data: dataset.name, classes: dataset.classes)
  }

  /// What the scores of each model depend on, in the order of the classifiers.
  public var identities: [EvaluationIdentity] { models.map(\.identity) }
  public var sources: [EvaluationRecord.Source] {
    models.map { .init(id: $0.classifier.reference.id, file: $0.classifier.reference.modelPath) }
  }
  public var shard: EvaluationShard { options.shard }
  public var batchSize: Int { options.batch }
  /// How many batches there are to do, and how many samples they have.
  public var batchCount: Int { batches.count }
  public var sampleCount: Int { batches.reduce(0) { $0 + $1.positions.count } }

  /// What a caller keeps of each batch as soon as it is done.
  public typealias Sink = @Sendable (_ results: [(model: Int, batch: EvaluationBatch)]) throws -> Void

  /// One record per classifier, in their order. Each sample is decoded once.
  ///
  /// - Parameters:
  ///   - done: for each model the batches that an earlier run did; they are not done again.
  ///   - sink: called with the new batches of all models when they are done, from several threads; all are
  ///     of the same samples.
  ///   - progress: called with the number of samples done and their total, never at once from two threads.
  /// - Throws: the error of the first sample (in the order of the split) that cannot be read, unless they are
  ///   skipped; `RunError`; `EvaluationError`; what `sink` throws.
  public func run(
    resuming done: [[EvaluationBatch]] = [], progress: (@Sendable (Int, Int) -> Void)? = nil, sink: Sink? = nil
  ) throws -> [EvaluationRecord] {
    let started = Date()
    let known = models.indices.map { model in
      Dictionary(
        (done.indices.contains(model) ? done[model] : []).map { ($0.number, $0) },
        uniquingKeysWith: { first, _ in first })
    }
    let waiting = batches.filter { batch in known.contains { $0[batch.number] == nil } }
    let total = sampleCount
    let before = total - waiting.reduce(0) { $0 + $1.positions.count }
    let size = max(1, options.chunkSize(of: options.positions(of: dataset.samples.count).count))
    let workers = max(1, min(options.workers, waiting.count))
    if before > 0 { progress?(before, total) }
    let results = try inParallel(waiting.count, workers: workers) { index in
      let batch = waiting[index]
      let wanted = models.indices.filter { known[$0][batch.number] == nil }
      let results = try evaluate(batch.number, batch.positions, models: wanted)
      try sink?(results)
      return results
    } progress: { count in
      progress?(min(before + count * size, total), total)
    }
    var batches = known.map { Array($0.values) }
    for (model, batch) in results.joined() { batches[model].append(batch) }
    return try records(batches, started: started, workers: workers)
  }

  private func records(
    _ batches: [[EvaluationBatch]], started: Date, workers: Int
  ) throws -> [EvaluationRecord] {
    let unreadable = batches.first?.sorted { $0.number < $1.number }.flatMap(\.skipped) ?? []
    if let first = unreadable.first, unreadable.count == sampleCount {
      throw EvaluationError.nothingReadable(
        dataset: dataset.name, skipped: unreadable.count, first: first.reason)
    }
    let seconds = Date().timeIntervalSince(started)
    let list = EvaluationRecord.SampleList(dataset)
    return try models.indices.map { model in
      try EvaluationRecord(
        batches[model], of: models[model].identity, model: sources[model], samples: list,
        unlabelled: dataset.unlabelled,
        run: .init(
          host: ProcessInfo.processInfo.hostName, started: ISO8601DateFormatter().string(from: started),
          seconds: seconds, threads: workers, batch: options.batch, latency: .init(batches[model])),
        shard: options.shard)
    }
  }

  // MARK: One batch

  private func evaluate(
    _ number: Int, _ positions: [Int], models wanted: [Int]
  ) throws -> [(model: Int, batch: EvaluationBatch)] {
    var readable: [Int] = []
    var skipped: [EvaluationRecord.Skipped] = []
    var prepared = [[[Float]]](repeating: [], count: preprocessings.count)
    for position in positions {
      do {
        let pictures = try prepare(position)
        for (index, picture) in pictures.enumerated() { prepared[index].append(picture) }
        readable.append(position)
      } catch  where dataset.options.skipBad {
        skipped.append(.init(index: position, id: dataset.samples[position].id, reason: "\(error)"))
      }
    }
    let clock = ContinuousClock()
    return try wanted.map { index in
      let model = models[index]
      let start = clock.now
      let rows =
        readable.isEmpty ? [] : try model.classifier.rawScores(prepared: prepared[model.preprocessing])
      let (seconds, atto) = (clock.now - start).components
      return (
        index,
        EvaluationBatch(
          number: number, positions: readable, rows: rows, skipped: skipped,
          milliseconds: Double(seconds) * 1e3 + Double(atto) * 1e-15)
      )
    }
  }

  private func prepare(_ position: Int) throws -> [[Float]] {
    let image = try dataset.image(position)
    do {
      return try preprocessings.map { preprocessing throws(ImageError.Reason) in try preprocessing(image) }
    } catch {
      throw ImageError(path: dataset.samples[position].id, reason: error)
    }
  }
}

extension Dataset {
  /// Entries without a usable label, as records list them.
  public var unlabelled: [EvaluationRecord.Skipped] {
    skipped.map { EvaluationRecord.Skipped(index: nil, id: nil, reason: $0.description) }
  }
}

extension Preprocessing {
  /// Whether pictures come out the same; the name of the model's input makes no difference to them.
  fileprivate func isSameWork(as other: Preprocessing) -> Bool {
    var copy = other
    copy.name = name
    return self == copy
  }
}
