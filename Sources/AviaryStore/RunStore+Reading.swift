import AviaryEvaluation
import Foundation
import GRDB

extension RunStore {
  /// All runs, the latest first.
  public func runs() throws(StoreError) -> [StoredRun] {
    try read { db in
      try Row.fetchAll(db, sql: Self.runColumns + " ORDER BY run.id DESC").map { try storedRun($0) }
    }
  }

  /// - Throws: `StoreError.noRun`.
  public func run(_ id: Int64) throws(StoreError) -> StoredRun {
    try read { db in
      guard let row = try Row.fetchOne(db, sql: Self.runColumns + " WHERE run.id = ?", arguments: [id]) else {
        throw StoreError.noRun(id, path: path)
      }
      return try storedRun(row)
    }
  }

  /// With the number of samples that are done: positions are four bytes each, skipped samples are in a list.
  private static let runColumns = """
    SELECT run.*, (
      SELECT COALESCE(SUM(LENGTH(positions) / 4 + json_array_length(skipped)), 0) FROM batch
      WHERE batch.run = run.id
    ) AS done FROM run
    """

  private func storedRun(_ row: Row) throws -> StoredRun {
    let id: Int64 = row["id"]
    return try readable(id) {
      let owner = (row["owner"] as String?).flatMap(RunOwner.init(text:))
      let isRunning = owner?.isAlive(updated: row["updated"]) ?? false
      let isFinished: Bool = row["isFinished"]
      return StoredRun(
        id: id, state: isFinished ? .finished : isRunning ? .running : .interrupted,
        source: .init(id: row["model"], file: row["file"]),
        identity: try JSONColumn.value(row["identity"]),
        shard: EvaluationShard(index: row["shardIndex"], count: row["shardCount"]), batch: row["batch"],
        done: row["done"], expected: row["expected"], accuracy: row["accuracy"], started: row["started"],
        run: try (row["run"] as String?).map { try JSONColumn.value($0) })
    }
  }

  /// Turns errors of decoding into the store's.
  func readable<T>(_ id: Int64?, _ body: () throws -> T) throws -> T {
    do { return try body() } catch let error as DecodingError {
      throw StoreError.damaged(path: path, run: id, problem: "\(error)")
    }
  }

  /// The latest finished run of the whole of an evaluation.
  public func finished(_ identity: EvaluationIdentity) throws(StoreError) -> Int64? {
    try read { db in
      try Int64.fetchOne(
        db,
        sql:
          "SELECT id FROM run WHERE key = ? AND isFinished = 1 AND shardCount = 1 ORDER BY id DESC LIMIT 1",
        arguments: [identity.key])
    }
  }

  /// The record of a run.
  ///
  /// - Parameter partial: also of a run that is not finished.
  /// - Throws: `StoreError`; `EvaluationError` and `MetricError` where the scores are not usable.
  public func record(_ id: Int64, partial: Bool = false) throws -> EvaluationRecord {
    let stored = try run(id)
    guard stored.state == .finished || partial else {
      throw StoreError.unfinished(id, done: stored.done, of: stored.expected)
    }
    let content = try content(of: id)
    var run =
      stored.run
      ?? .init(host: "", started: stored.started, seconds: 0, threads: 1, batch: stored.batch)
    run.latency = .init(content.batches)
    guard content.form == .scores else {
      return try EvaluationRecord(
        content.batches, of: stored.identity, model: stored.source, samples: content.samples,
        unlabelled: content.unlabelled, run: run, shard: stored.shard)
    }
    // The rows are in the order of the classes and probabilities already.
    var identity = stored.identity
    identity.labels = identity.classes
    identity.outputKind = .probabilities
    var record = try EvaluationRecord(
      content.batches, of: identity, model: stored.source, samples: content.samples,
      unlabelled: content.unlabelled, run: run, shard: stored.shard)
    record.model.labels = stored.identity.labels
    record.model.outputKind = stored.identity.outputKind ?? .probabilities
    if run.latency?.milliseconds.allSatisfy({ $0 == 0 }) ?? false { record.run.latency = nil }
    return record
  }

  struct Content {
    let batches: [EvaluationBatch]
    let samples: EvaluationRecord.SampleList
    let unlabelled: [EvaluationRecord.Skipped]
    let form: Form
  }

  func content(of id: Int64) throws(StoreError) -> Content {
    try read { (db: Database) throws -> Content in
      let row = try Row.fetchOne(
        db,
        sql: """
          SELECT ids, labels, unlabelled, form FROM run JOIN dataset ON dataset.id = run.dataset
          WHERE run.id = ?
          """, arguments: [id])
      guard let row else { throw StoreError.noRun(id, path: path) }
      return try readable(id) {
        Content(
          batches: try batches(of: id, db), samples: try sampleList(row, run: id),
          unlabelled: try JSONColumn.value(row["unlabelled"]), form: Form(rawValue: row["form"]) ?? .raw)
      }
    }
  }

  private func sampleList(_ row: Row, run: Int64) throws -> EvaluationRecord.SampleList {
    let ids: [String] = try JSONColumn.value(row["ids"])
    guard let labels = Blob.integers(row["labels"]), labels.count == ids.count else {
      throw StoreError.damaged(path: path, run: run, problem: "its samples have no labels")
    }
    return .init(ids: ids, labels: labels)
  }

  func batches(of run: Int64, _ db: Database) throws -> [EvaluationBatch] {
    try Row.fetchAll(db, sql: "SELECT * FROM batch WHERE run = ? ORDER BY number", arguments: [run]).map {
      row in
      guard let positions = Blob.integers(row["positions"]),
        let rows = Blob.rows(row["rows"], count: positions.count, columns: row["columns"])
      else { throw StoreError.damaged(path: path, run: run, problem: "a batch has the wrong size") }
      return try readable(run) {
        EvaluationBatch(
          number: row["number"], positions: positions, rows: rows,
          skipped: try JSONColumn.value(row["skipped"]), milliseconds: row["milliseconds"])
      }
    }
  }
}
