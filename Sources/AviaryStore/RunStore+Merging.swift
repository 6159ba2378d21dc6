import AviaryCore
import AviaryEvaluation
import Foundation
import GRDB

extension RunStore {
  /// Keeps a record that came from elsewhere, as a finished run.
  ///
  /// - Returns: its number.
  @discardableResult
  public func insert(_ record: EvaluationRecord) throws(StoreError) -> Int64 {
    try write { db in
      let identity = EvaluationIdentity(
        sha256: record.model.sha256, bytes: record.model.bytes, input: record.model.input, outputName: "",
        outputKind: record.model.outputKind, labels: record.model.labels, precision: record.model.precision,
        data: record.data, classes: record.classes, software: record.software ?? "")
      // Positions go by the split, of which the record may know only a part.
      let known =
        record.samples.map { ($0.index, $0.id, $0.label) }
        + record.skipped.compactMap { skipped in skipped.index.map { ($0, skipped.id ?? "", -1) } }
      let last = known.map(\.0).max() ?? -1
      guard known.allSatisfy({ $0.0 >= 0 }), last < 50_000_000 else {
        throw StoreError.merge("\(record.model.id): its samples have impossible numbers")
      }
      var list = EvaluationRecord.SampleList(
        ids: [String](repeating: "", count: last + 1), labels: [Int](repeating: -1, count: last + 1))
      for (index, id, label) in known { (list.ids[index], list.labels[index]) = (id, label) }
      let id = try insert(
        identity, model: .init(id: record.model.id, file: record.model.file), samples: list,
        unlabelled: record.skipped.filter { $0.index == nil }, shard: record.shard ?? .all,
        batch: record.run.batch, expected: known.count, form: .scores, db)
      try insert(
        EvaluationBatch(
          number: 0, positions: record.samples.map(\.index), rows: record.samples.map(\.scores),
          skipped: record.skipped.filter { $0.index != nil }), of: id, db)
      try finish(id, run: record.run, accuracy: record.accuracy, db)
      return id
    }
  }

  /// One run of all batches of several shards, which must be all there.
  ///
  /// - Returns: its number.
  /// - Throws: `StoreError.merge` naming what does not fit together.
  public func merge(_ ids: [Int64]) throws -> Int64 {
    let runs = try ids.map { try run($0) }
    guard let first = runs.first else { throw StoreError.merge("there are no runs to merge") }
    if let open = runs.first(where: { $0.state != .finished }) {
      throw StoreError.unfinished(open.id, done: open.done, of: open.expected)
    }
    if let other = runs.first(where: { $0.identity.key != first.identity.key || $0.batch != first.batch }) {
      throw StoreError.merge(
        "runs \(first.id) and \(other.id) are of different evaluations: model, data, options or --batch differ"
      )
    }
    // Says what is missing or twice there.
    let merged = try EvaluationRecord.merging(try ids.map { try record($0) })
    let content = try content(of: first.id)
    guard content.form == .raw else { return try insert(merged) }
    return try write { db in
      let id = try insert(
        first.identity, model: first.source, samples: content.samples, unlabelled: content.unlabelled,
        shard: .all, batch: first.batch, expected: runs.reduce(0) { $0 + $1.expected }, form: .raw, db)
      for part in ids {
        try db.execute(
          sql: """
            INSERT INTO batch (run, number, positions, columns, rows, skipped, milliseconds)
            SELECT ?, number, positions, columns, rows, skipped, milliseconds FROM batch WHERE run = ?
            """, arguments: [id, part])
      }
      try finish(id, run: merged.run, accuracy: merged.accuracy, db)
      return id
    }
  }
}
