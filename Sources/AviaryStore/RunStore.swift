import AviaryEvaluation
import Foundation
import GRDB

/// The records of all evaluations, in one SQLite file.
///
/// What is written is there after a kill at any moment: every batch is a transaction of its own. Several
/// processes may write at once; each waits for its turn.
public final class RunStore: Sendable {
  public let path: String
  let queue: DatabaseQueue

  /// How long a writer waits for the others, in seconds.
  static let patience = 60.0

  /// Opens the store, and makes it where it is not there yet.
  ///
  /// - Throws: `StoreError.file`, `.newer`.
  public init(_ path: String) throws(StoreError) {
    self.path = path
    do {
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw .file(path: path, problem: "its folder cannot be made: \(error.localizedDescription)")
    }
    var configuration = Configuration()
    configuration.busyMode = .timeout(Self.patience)
    configuration.journalMode = .wal
    configuration.label = "aviary runs"
    configuration.prepareDatabase { db in
      // After a power cut the last transactions may be missing, but what is there is whole.
      try db.execute(sql: "PRAGMA synchronous = NORMAL")
    }
    do {
      queue = try Self.open(path, configuration)
      try Self.migrate(queue)
      if try queue.read(StoreSchema.migrator.hasBeenSuperseded) { throw StoreError.newer(path: path) }
    } catch {
      throw StoreError(error, path: path)
    }
  }

  /// SQLite does not wait for its turn while a file becomes a WAL database, which two processes may want at
  /// once.
  private static func open(_ path: String, _ configuration: Configuration) throws -> DatabaseQueue {
    let deadline = Date().addingTimeInterval(patience)
    while true {
      do {
        return try DatabaseQueue(path: path, configuration: configuration)
      } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && Date() < deadline {
        Thread.sleep(forTimeInterval: 0.02)
      }
    }
  }

  /// The migrator looks what there is to do before it takes its turn to write: of two processes that make a
  /// store at once, the second finds tables made under its hands, even while it looks. Then it looks again.
  private static func migrate(_ queue: DatabaseQueue) throws {
    var attempts = 10
    while true {
      do {
        return try StoreSchema.migrator.migrate(queue)
      } catch let error as DatabaseError
        where attempts > 0 && [.SQLITE_ERROR, .SQLITE_CONSTRAINT].contains(error.resultCode)
      {
        // "table dataset already exists", "no such table: grdb_migrations"
        attempts -= 1
        Thread.sleep(forTimeInterval: 0.02)
      }
    }
  }

  func write<T>(_ body: (Database) throws -> T) throws(StoreError) -> T {
    do { return try queue.write(body) } catch { throw StoreError(error, path: path) }
  }

  func read<T>(_ body: (Database) throws -> T) throws(StoreError) -> T {
    do { return try queue.read(body) } catch { throw StoreError(error, path: path) }
  }

  // MARK: Writing an evaluation

  /// A run that is being written.
  public struct OpenRun: Sendable {
    public let id: Int64
    /// Batches that an earlier process did.
    public let done: [EvaluationBatch]
  }

  /// Begins a run, or goes on with one of the same evaluation that was interrupted.
  ///
  /// - Parameters:
  ///   - batch: samples of a batch at most.
  ///   - expected: how many samples there are to do.
  ///   - resume: whether an interrupted run may be taken up.
  public func begin(
    _ identity: EvaluationIdentity, model: EvaluationRecord.Source, samples: EvaluationRecord.SampleList,
    unlabelled: [EvaluationRecord.Skipped] = [], shard: EvaluationShard = .all, batch: Int, expected: Int,
    resume: Bool = true
  ) throws(StoreError) -> OpenRun {
    try write { db in
      let owner = RunOwner.current.text
      let now = Date()
      if resume, let id = try interrupted(identity, shard: shard, batch: batch, db) {
        try db.execute(
          sql: "UPDATE run SET owner = ?, updated = ?, model = ?, file = ? WHERE id = ?",
          arguments: [owner, now.timeIntervalSince1970, model.id, model.file, id])
        return OpenRun(id: id, done: try batches(of: id, db))
      }
      let id = try insert(
        identity, model: model, samples: samples, unlabelled: unlabelled, shard: shard, batch: batch,
        expected: expected, form: .raw, db)
      try db.execute(sql: "UPDATE run SET owner = ? WHERE id = ?", arguments: [owner, id])
      return OpenRun(id: id, done: [])
    }
  }

  private func interrupted(
    _ identity: EvaluationIdentity, shard: EvaluationShard, batch: Int, _ db: Database
  ) throws -> Int64? {
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT id, owner, updated FROM run
        WHERE key = ? AND isFinished = 0 AND shardIndex = ? AND shardCount = ? AND batch = ? AND form = 'raw'
        ORDER BY id DESC
        """, arguments: [identity.key, shard.index, shard.count, batch])
    for row in rows {
      let owner = (row["owner"] as String?).flatMap(RunOwner.init(text:))
      if owner?.isAlive(updated: row["updated"]) ?? false { continue }
      return row["id"]
    }
    return nil
  }

  enum Form: String { case raw, scores }

  func insert(
    _ identity: EvaluationIdentity, model: EvaluationRecord.Source, samples: EvaluationRecord.SampleList,
    unlabelled: [EvaluationRecord.Skipped], shard: EvaluationShard, batch: Int, expected: Int, form: Form,
    _ db: Database
  ) throws -> Int64 {
    let dataset = try dataset(samples, identity, form, db)
    let now = Date()
    try db.execute(
      sql: """
        INSERT INTO run (key, identity, dataset, model, file, shardIndex, shardCount, batch, expected,
          unlabelled, form, isFinished, started, updated)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)
        """,
      arguments: [
        identity.key, JSONColumn.text(identity), dataset, model.id, model.file, shard.index, shard.count,
        batch, expected, JSONColumn.text(unlabelled), form.rawValue,
        ISO8601DateFormatter().string(from: now), now.timeIntervalSince1970,
      ])
    return db.lastInsertedRowID
  }

  /// The row of a split's samples. The content hash covers their ids and classes; what comes with an imported
  /// record is only what that says, and is shared with no other run.
  private func dataset(
    _ samples: EvaluationRecord.SampleList, _ identity: EvaluationIdentity, _ form: Form, _ db: Database
  ) throws -> Int64 {
    let classes = try JSONColumn.text(identity.classes)
    let hash = "\(identity.data.contentHash) \(form == .raw ? "" : UUID().uuidString) \(classes)"
    if let id = try Int64.fetchOne(db, sql: "SELECT id FROM dataset WHERE hash = ?", arguments: [hash]) {
      return id
    }
    try db.execute(
      sql: "INSERT INTO dataset (hash, ids, labels) VALUES (?, ?, ?)",
      arguments: [hash, JSONColumn.text(samples.ids), Blob.data(samples.labels)])
    return db.lastInsertedRowID
  }

  /// Keeps batches of runs, all or none of them. A batch that is there already stays as it is.
  public func append(_ results: [(run: Int64, batch: EvaluationBatch)]) throws(StoreError) {
    try write { db in
      for (run, batch) in results { try insert(batch, of: run, db) }
      for run in Set(results.map(\.run)) {
        try db.execute(
          sql: "UPDATE run SET updated = ? WHERE id = ?", arguments: [Date().timeIntervalSince1970, run])
      }
    }
  }

  func insert(_ batch: EvaluationBatch, of run: Int64, _ db: Database) throws {
    try db.execute(
      sql: """
        INSERT OR IGNORE INTO batch (run, number, positions, columns, rows, skipped, milliseconds)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        run, batch.number, Blob.data(batch.positions), batch.rows.first?.count ?? 0, Blob.data(batch.rows),
        JSONColumn.text(batch.skipped), batch.milliseconds,
      ])
  }

  /// Marks a run as finished.
  public func finish(_ id: Int64, _ record: EvaluationRecord) throws(StoreError) {
    try write { db in try finish(id, run: record.run, accuracy: record.accuracy, db) }
  }

  func finish(_ id: Int64, run: EvaluationRecord.Run, accuracy: Double?, _ db: Database) throws {
    // Latencies stand with the batches.
    var run = run
    run.latency = nil
    try db.execute(
      sql: "UPDATE run SET isFinished = 1, owner = NULL, run = ?, accuracy = ?, updated = ? WHERE id = ?",
      arguments: [JSONColumn.text(run), accuracy, Date().timeIntervalSince1970, id])
  }

  /// Adds what the model costs to a finished run.
  public func setCost(_ cost: RunCost, of id: Int64) throws(StoreError) {
    try write { db in
      guard let text = try String.fetchOne(db, sql: "SELECT run FROM run WHERE id = ?", arguments: [id])
      else {
        throw StoreError.noRun(id, path: path)
      }
      var run = try JSONColumn.value(text, as: EvaluationRecord.Run.self)
      run.cost = cost
      try db.execute(sql: "UPDATE run SET run = ? WHERE id = ?", arguments: [JSONColumn.text(run), id])
    }
  }
}

extension EvaluationRecord {
  /// The share of samples whose highest score is that of their class; `nil` without samples.
  var accuracy: Double? {
    guard !samples.isEmpty else { return nil }
    let right = samples.count { sample in
      guard let highest = sample.scores.max() else { return false }
      return sample.scores.firstIndex(of: highest) == sample.label
    }
    return Double(right) / Double(samples.count)
  }
}
