import Aviary
import AviaryStore
import Foundation

/// A folder that goes with its owner.
final class Folder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("aviary-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var store: String { "\(path)/runs.sqlite" }
}

/// An evaluation of 23 samples in batches of five, made up.
struct Example {
  var identity: EvaluationIdentity
  let samples = EvaluationRecord.SampleList(
    ids: (0..<23).map { "picture \($0)" }, labels: (0..<23).map { $0 % 3 })
  let source = EvaluationRecord.Source(id: "m", file: "m.onnx")
  let batchSize = 5

  init(sha256: Character = "a", outputKind: OutputKind? = .logits) throws {
    identity = EvaluationIdentity(
      sha256: String(repeating: sha256, count: 64), bytes: 12,
      input: try Preprocessing(
        layout: .nchw, width: 4, height: 4, channels: .grey, scale: 1, mean: [0], std: [1]),
      outputName: "y", outputKind: outputKind, labels: ["c", "a", "b"], precision: .fp32,
      data: .init(kind: "folder", path: "p", split: "all", contentHash: "h", samples: 23),
      classes: ["a", "b", "c"])
  }

  /// Rows whose digits tell them apart; sample 7 cannot be read.
  var batches: [EvaluationBatch] {
    stride(from: 0, to: 23, by: batchSize).enumerated().map { number, start in
      let positions = Array(start..<min(start + batchSize, 23))
      return EvaluationBatch(
        number: number, positions: positions.filter { $0 != 7 },
        rows: positions.filter { $0 != 7 }.map { p in (0..<3).map { Float((p * 7 + $0 * 5) % 11) / 3 } },
        skipped: positions.contains(7) ? [.init(index: 7, id: "picture 7", reason: "bad")] : [],
        milliseconds: Double(number) + 0.5)
    }
  }

  func shard(_ index: Int, of count: Int) -> [EvaluationBatch] {
    batches.filter { EvaluationShard(index: index, count: count).contains($0.number) }
  }

  func record(_ shard: EvaluationShard = .all) throws -> EvaluationRecord {
    let part = batches.filter { shard.contains($0.number) }
    return try EvaluationRecord(
      part, of: identity, model: source, samples: samples, unlabelled: [],
      run: .init(
        host: "h\(shard.index)", started: "2025-01-0\(1 + shard.index % 9)T00:00:00Z", seconds: 1, threads: 1,
        batch: batchSize, latency: .init(part)), shard: shard)
  }

  /// Writes it all, or one shard, and returns its number.
  @discardableResult
  func write(to store: RunStore, _ shard: EvaluationShard = .all, only count: Int? = nil) throws -> Int64 {
    let run = try begin(store, shard)
    let batches = batches.filter { shard.contains($0.number) }
    for batch in batches.prefix(count ?? batches.count) { try store.append([(run.id, batch)]) }
    if count == nil { try store.finish(run.id, try record(shard)) }
    return run.id
  }

  func begin(
    _ store: RunStore, _ shard: EvaluationShard = .all, resume: Bool = true
  ) throws -> RunStore.OpenRun {
    try store.begin(
      identity, model: source, samples: samples, shard: shard, batch: batchSize,
      expected: batches.filter { shard.contains($0.number) }
        .reduce(0) { $0 + $1.positions.count + $1.skipped.count }, resume: resume)
  }
}

extension EvaluationRecord {
  /// Its JSON without times and host.
  func lasting() throws -> String {
    var copy = self
    copy.run = .init(host: "", started: "", seconds: 0, threads: 1, batch: 1)
    return String(decoding: try copy.json(), as: UTF8.self)
  }
}
