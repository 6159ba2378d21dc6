import Aviary
import AviaryStore
import Foundation

/// Evaluations that are kept while they are made.
struct StoredEvaluation {
  var record: EvaluationRecord
  /// Its number in the store.
  let run: Int64?

  /// Evaluates, going on where an earlier run was interrupted.
  ///
  /// - Parameter resume: whether interrupted runs are taken up.
  static func make(
    _ evaluator: Evaluator, store: RunStore?, resume: Bool, bar: ProgressBar
  ) throws -> [StoredEvaluation] {
    guard let store else {
      return try evaluator.run { bar.update($0, of: $1) }.map { StoredEvaluation(record: $0, run: nil) }
    }
    let samples = EvaluationRecord.SampleList(evaluator.dataset)
    let open = try zip(evaluator.identities, evaluator.sources).map { identity, source in
      try store.begin(
        identity, model: source, samples: samples, unlabelled: evaluator.dataset.unlabelled,
        shard: evaluator.shard, batch: evaluator.batchSize, expected: evaluator.sampleCount, resume: resume)
    }
    for (source, run) in zip(evaluator.sources, open) where !run.done.isEmpty {
      let done = run.done.reduce(0) { $0 + $1.positions.count + $1.skipped.count }
      Console.note(
        "\(source.id): resuming run \(run.id), \(done) of \(evaluator.sampleCount) samples are done")
    }
    let ids = open.map(\.id)
    let records = try evaluator.run(
      resuming: open.map(\.done), progress: { bar.update($0, of: $1) },
      sink: { results in try store.append(results.map { (ids[$0.model], $0.batch) }) })
    return try zip(ids, records).map { id, record in
      try store.finish(id, record)
      return StoredEvaluation(record: record, run: id)
    }
  }
}
