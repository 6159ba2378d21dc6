import Aviary
import AviaryStore
import Foundation

/// Gets the records of a comparison: from the store where it has them, else by evaluating.
struct ComparisonJudge {
  let compared: ComparedModels
  let evaluation: EvaluationFlags
  let session: SessionFlags
  let store: RunStore?
  /// Whether what the store has is evaluated again.
  let fresh: Bool

  /// One a row, in their order.
  func evaluate(_ dataset: Dataset) throws -> [StoredEvaluation] {
    let evaluator = try Evaluator(
      compared.rows.map(\.classifier), on: dataset, options: evaluation.options(threads: session.threads))
    var results = [StoredEvaluation?](repeating: nil, count: compared.rows.count)
    var taken: [String] = []
    if let store, !fresh {
      for (index, identity) in evaluator.identities.enumerated() {
        guard let id = try store.finished(identity) else { continue }
        var record = try store.record(id)
        record.model.id = evaluator.sources[index].id
        record.model.file = evaluator.sources[index].file
        record.data.path = dataset.path
        results[index] = StoredEvaluation(record: record, run: id)
        taken.append("\(compared.rows[index].name) (run \(id))")
      }
    }
    if !taken.isEmpty {
      let what = dataset.change.map { ", \($0)" } ?? ""
      Console.note(
        "not evaluated again\(what): \(taken.joined(separator: ", ")); --fresh would do so")
    }
    let missing = results.indices.filter { results[$0] == nil }
    if !missing.isEmpty {
      let made = try evaluation.evaluate(evaluator.selecting(missing), store: store)
      for (index, result) in zip(missing, made) { results[index] = result }
    }
    return results.compactMap { $0 }
  }

  /// Measures what the store does not know for this machine and number of threads.
  func measureCosts(_ results: inout [StoredEvaluation]) throws {
    let probe = CostProbe(session: session)
    let host = ProcessInfo.processInfo.hostName
    for (index, row) in compared.rows.enumerated() {
      let run = results[index].record.run
      if let cost = run.cost, !fresh, run.host == host, cost.threads == probe.threads { continue }
      let cost = try probe.measure(row)
      results[index].record.run.cost = cost
      if let store, let id = results[index].run { try store.setCost(cost, of: id) }
    }
  }
}
