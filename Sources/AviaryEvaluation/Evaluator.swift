import AviaryImage
import AviaryZoo
import Foundation

/// Runs classifiers over the samples of a data set.
public struct Evaluator: Sendable {
  private let models: [Subject]
  private let dataset: Dataset
  private let options: EvaluationOptions

  /// A classifier and where its scores go.
  private struct Subject: Sendable {
    let classifier: Classifier
    let map: LabelMap
    let digest: FileDigest
    /// Which of the distinct preprocessings prepares its pictures.
    let preprocessing: Int
  }

  /// Each way that a picture is prepared, once, however many models share it.
  private let preprocessings: [Preprocessing]

  /// - Throws: `EvaluationError` (classes that do not fit, options without meaning), `ZooError.file`.
  public init(
    _ classifiers: [Classifier], on dataset: Dataset, options: EvaluationOptions = .init()
  ) throws {
    try options.validate()
    guard !dataset.samples.isEmpty else {
      throw EvaluationError.noSamples(dataset: dataset.name, split: dataset.split)
    }
    var distinct: [Preprocessing] = []
    models = try classifiers.map { classifier in
      if let outputs = classifier.contract.classes, outputs != dataset.classes.count {
        throw EvaluationError.classes(
          "\(classifier.id): its output '\(classifier.contract.outputName)' has \(outputs) classes, but the "
            + "data \(dataset.name) has \(dataset.classes.count) (\(dataset.classes.joined(separator: ", ")))"
        )
      }
      let map = try LabelMap(
        model: classifier.id, labels: classifier.contract.labels, data: dataset.name,
        classes: dataset.classes)
      let input = classifier.contract.input
      let position = distinct.firstIndex { $0.isSameWork(as: input) } ?? distinct.count
      if position == distinct.count { distinct.append(input) }
      return Subject(
        classifier: classifier, map: map, digest: try FileDigest(contentsOf: classifier.reference.modelPath),
        preprocessing: position)
    }
    preprocessings = distinct
    self.dataset = dataset
    self.options = options
  }

  /// One record per classifier, in their order. Each sample is decoded once.
  ///
  /// - Parameter progress: called with the number of samples done and their total, never at once from two
  ///   threads.
  /// - Throws: the error of the first sample (in the order of the split) that cannot be read, unless they are
  ///   skipped; `RunError`; `EvaluationError`.
  public func run(progress: (@Sendable (Int, Int) -> Void)? = nil) throws -> [EvaluationRecord] {
    let started = Date()
    let positions = options.positions(of: dataset.samples.count)
    let size = options.chunkSize(of: positions.count)
    let chunks = stride(from: 0, to: positions.count, by: size).map {
      Array(positions[$0..<min($0 + size, positions.count)])
    }
    let workers = min(options.workers, chunks.count)
    let results = try inParallel(chunks.count, workers: workers) { number in
      var result = try evaluate(chunks[number])
      // The hash goes through the samples one after the other; meanwhile the other threads evaluate.
      if number == 0 { result.hash = Result { try dataset.contentHash() } }
      return result
    } progress: { done in
      progress?(min(done * size, positions.count), positions.count)
    }
    let seconds = Date().timeIntervalSince(started)
    let run = EvaluationRecord.Run(
      host: ProcessInfo.processInfo.hostName, started: ISO8601DateFormatter().string(from: started),
      seconds: seconds, threads: workers, batch: options.batch)
    let unreadable = results.flatMap(\.skipped)
    if let first = unreadable.first, unreadable.count == positions.count {
      throw EvaluationError.nothingReadable(
        dataset: dataset.name, skipped: unreadable.count, first: first.reason)
    }
    let unlabelled = dataset.skipped.map {
      EvaluationRecord.Skipped(index: nil, id: nil, reason: $0.description)
    }
    let skipped = unlabelled + unreadable
    let hash = try results.first?.hash?.get() ?? dataset.contentHash()
    return try models.indices.map {
      try record(model: $0, of: results, skipped: skipped, hash: hash, run: run)
    }
  }

  // MARK: One batch

  private struct ChunkResult: Sendable {
    /// Positions that could be read.
    var positions: [Int] = []
    /// For each model one row per position, as the model gave it.
    var rows: [[[Float]]] = []
    var skipped: [EvaluationRecord.Skipped] = []
    /// The data set's content hash, which one of the chunks brings along.
    var hash: Result<String, any Error>?
  }

  private func evaluate(_ positions: [Int]) throws -> ChunkResult {
    var result = ChunkResult()
    var prepared = [[[Float]]](repeating: [], count: preprocessings.count)
    for position in positions {
      do {
        let pictures = try prepare(position)
        for (index, picture) in pictures.enumerated() { prepared[index].append(picture) }
        result.positions.append(position)
      } catch  where dataset.options.skipBad {
        result.skipped.append(.init(index: position, id: dataset.samples[position].id, reason: "\(error)"))
      }
    }
    for model in models {
      result.rows.append(
        result.positions.isEmpty
          ? [] : try model.classifier.rawScores(prepared: prepared[model.preprocessing]))
    }
    return result
  }

  private func prepare(_ position: Int) throws -> [[Float]] {
    let image = try dataset.image(position)
    do {
      return try preprocessings.map { preprocessing throws(ImageError.Reason) in try preprocessing(image) }
    } catch {
      throw ImageError(path: dataset.samples[position].id, reason: error)
    }
  }

  // MARK: From rows to a record

  private func record(
    model index: Int, of results: [ChunkResult], skipped: [EvaluationRecord.Skipped],
    hash: String, run: EvaluationRecord.Run
  ) throws -> EvaluationRecord {
    let model = models[index]
    let positions = results.flatMap(\.positions)
    let raw = results.flatMap { $0.rows[index] }
    if let bad = raw.firstIndex(where: { !$0.allSatisfy(\.isFinite) }) {
      throw EvaluationError.notFinite(model: model.classifier.id, sample: dataset.samples[positions[bad]].id)
    }
    // Judged over all samples at once: one batch of a few could look like probabilities by chance.
    let kind = model.classifier.contract.outputKind ?? OutputKind(lookingAt: raw)
    let rows = try model.classifier.probabilities(raw)
    let evaluated = zip(positions, rows).map { position, row in
      EvaluationRecord.Sample(
        index: position, id: dataset.samples[position].id, label: dataset.samples[position].label,
        scores: model.map(row))
    }
    let reference = model.classifier.reference
    return EvaluationRecord(
      version: EvaluationRecord.currentVersion,
      model: .init(
        id: reference.id, file: reference.modelPath, sha256: model.digest.sha256, bytes: model.digest.bytes,
        input: model.classifier.contract.input, outputKind: kind,
        labels: model.classifier.contract.labels ?? [],
        precision: model.classifier.session.precision),
      data: .init(
        kind: dataset.kind, path: dataset.path, split: dataset.split, contentHash: hash,
        samples: dataset.samples.count),
      classes: dataset.classes, samples: evaluated, skipped: skipped, run: run)
  }
}

extension Preprocessing {
  /// Whether pictures come out the same; the name of the model's input makes no difference to them.
  fileprivate func isSameWork(as other: Preprocessing) -> Bool {
    layout == other.layout && width == other.width && height == other.height
      && channels == other.channels && steps == other.steps && resize == other.resize && crop == other.crop
      && scale == other.scale && mean == other.mean && std == other.std
  }
}
