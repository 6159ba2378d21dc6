import Aviary
import AviaryCore
import Foundation
import GRDB
import TestSupport
import Testing

@testable import AviaryStore

@Suite struct RunStoreTests {
  @Test(arguments: [OutputKind.logits, nil])
  func givesBackWhatWasWritten(kind: OutputKind?) throws {
    let folder = try Folder()
    let example = try Example(outputKind: kind)
    let id = try example.write(to: RunStore(folder.store))
    // Another process would open the file anew.
    let store = try RunStore(folder.store)
    let record = try store.record(id)
    #expect(try record.lasting() == example.record().lasting())
    #expect(record.run.latency?.milliseconds == [0.5, 1.5, 2.5, 3.5, 4.5])
    #expect(record.run.latency?.samples == [5, 4, 5, 5, 3])
    #expect(record.skipped.map(\.index) == [7])
    let run = try store.run(id)
    #expect(run.state == .finished)
    #expect(run.done == 23)
    #expect(run.accuracy == Double(record.samples.count { $0.predicted == $0.label }) / 22)
  }

  /// Whoever opens a new store makes its tables, and several may do so at once: once in some fifty times one of two
  /// processes found them made under its hands.
  @Test func manyMakeTheStoreAtOnce() throws {
    let example = try Example()
    for _ in 0..<40 {
      let folder = try Folder()
      let store = folder.store
      let errors = Guarded<[String]>([])
      DispatchQueue.concurrentPerform(iterations: 6) { _ in
        do { _ = try example.write(to: RunStore(store)) } catch { errors.withLock { $0.append("\(error)") } }
      }
      #expect(errors.withLock { $0 } == [])
      let runs = try RunStore(store).runs()
      #expect(runs.count == 6 && runs.allSatisfy { $0.state == .finished && $0.done == 23 })
    }
  }

  @Test func findsOnlyTheSameEvaluation() throws {
    let folder = try Folder()
    let store = try RunStore(folder.store)
    let example = try Example()
    let first = try example.write(to: store)
    #expect(try store.finished(example.identity) == first)
    let second = try example.write(to: store)
    #expect(try store.finished(example.identity) == second)
    var elsewhere = example.identity
    elsewhere.data.path = "moved"
    #expect(try store.finished(elsewhere) == second)

    var others = [EvaluationIdentity](repeating: example.identity, count: 8)
    others[0].sha256 = String(repeating: "b", count: 64)
    others[1].data.contentHash = "i"
    others[2].input.mean = [0.5]
    others[3].precision = .bf16
    others[4].limit = 5
    others[5].labels = ["a", "b", "c"]
    others[6].software = "9"
    others[7].data.change = "mirror"
    for other in others { #expect(try store.finished(other) == nil) }
  }

  @Test func resumesWhatNobodyIsAt() throws {
    let folder = try Folder()
    let store = try RunStore(folder.store)
    let example = try Example()
    let id = try example.write(to: store, only: 2)
    // This process is alive.
    #expect(try store.run(id).state == .running)
    #expect(try example.begin(store).id != id)

    try store.write { db in
      try db.execute(
        sql: "UPDATE run SET owner = ? WHERE id = ?",
        arguments: [RunOwner(host: ProcessInfo.processInfo.hostName, process: 1, began: "0").text, id])
    }
    #expect(try store.run(id).state == .interrupted)
    #expect(throws: StoreError.unfinished(id, done: 10, of: 23)) { try store.record(id) }
    #expect(try store.record(id, partial: true).samples.count == 9)
    #expect(try example.begin(store, resume: false).id != id)
    var other = example
    other.identity.limit = 3
    #expect(try other.begin(store).id != id)

    let resumed = try example.begin(store)
    #expect(resumed.id == id)
    #expect(resumed.done == Array(example.batches.prefix(2)))
    // What is there already stays; the rest is added.
    try store.append(example.batches.map { (id, $0) })
    try store.finish(id, try example.record())
    #expect(try store.record(id).lasting() == example.record().lasting())
  }

  @Test(arguments: [1, 2, 3, 5, 7, 40])
  func shardsMergeToTheWhole(count: Int) throws {
    let folder = try Folder()
    let store = try RunStore(folder.store)
    // Told by its looks: a shard without samples has none.
    let example = try Example(outputKind: nil)
    let shards = (1...count).map { EvaluationShard(index: $0, count: count) }
    let ids = try shards.reversed().map { try example.write(to: store, $0) }
    let whole = try example.record().lasting()
    let merged = try store.merge(ids)
    #expect(try store.record(merged).lasting() == whole)
    // Found by a comparison as if it were one run.
    #expect(try store.finished(example.identity) == merged)

    let records = try shards.map { try example.record($0) }
    let joined = try EvaluationRecord.merging(records)
    #expect(try joined.lasting() == whole)
    let imported = try store.insert(joined)
    #expect(try store.record(imported).lasting() == whole)
    if count > 1 {
      #expect(throws: EvaluationError.self) { try store.merge(Array(ids.dropFirst())) }
      #expect(throws: EvaluationError.self) { try store.merge(ids + [ids[0]]) }
      #expect(throws: EvaluationError.self) { try EvaluationRecord.merging(Array(records.dropLast())) }
      #expect(try EvaluationRecord.merging(Array(records.dropLast()), partial: true).shard == nil)
    }
  }

  @Test func otherEvaluationsDoNotMerge() throws {
    let store = try RunStore(try Folder().store)
    let ids = try [
      Example(sha256: "a").write(to: store, .init(index: 1, count: 2)),
      Example(sha256: "b").write(to: store, .init(index: 2, count: 2)),
    ]
    #expect(throws: StoreError.self) { try store.merge(ids) }
    #expect(throws: StoreError.noRun(99, path: store.path)) { try store.merge([99]) }
  }

  @Test func cleansUp() throws {
    let store = try RunStore(try Folder().store)
    let example = try Example()
    let old = try example.write(to: store)
    let new = try example.write(to: store)
    let running = try example.write(to: store, only: 1)
    let abandoned = try example.write(to: store, only: 1)
    let other = try Example(sha256: "b").write(to: store)
    try store.write { db in
      try db.execute(
        sql: "UPDATE run SET owner = NULL, updated = updated - 864000 WHERE id = ?", arguments: [abandoned])
    }
    #expect(try store.removable(.init()).map(\.id) == [abandoned, old])
    #expect(try store.removable(.init(keep: 2)).map(\.id) == [abandoned])
    #expect(try store.removable(.init(days: 11)).map(\.id) == [old])
    #expect(try store.removable(.init(named: [other, running])).map(\.id) == [other])
    #expect(throws: StoreError.noRun(77, path: store.path)) { try store.removable(.init(named: [77])) }
    try store.remove([abandoned, old])
    #expect(try store.runs().map(\.id) == [other, running, new])
    #expect(try store.record(new).lasting() == example.record().lasting())
    #expect(try store.read { try Int.fetchOne($0, sql: "SELECT COUNT(DISTINCT run) FROM batch") } == 3)
  }

  @Test func keepsCosts() throws {
    let store = try RunStore(try Folder().store)
    let id = try Example().write(to: store)
    let cost = RunCost(
      parameters: 5, multiplyAdds: 7, loadMilliseconds: 1, milliseconds: [3, 1, 2], peakMiB: 9, threads: 2)
    try store.setCost(cost, of: id)
    #expect(try store.record(id).run.cost == cost)
    #expect(cost.median == 2)
    #expect(throws: StoreError.noRun(9, path: store.path)) { try store.setCost(cost, of: 9) }
  }

  @Test func refusesWhatIsNoStore() throws {
    let folder = try Folder()
    try Data("not a database, and long enough to be sure of that".utf8).write(
      to: URL(fileURLWithPath: folder.store))
    let error = #expect(throws: StoreError.self) { try RunStore(folder.store) }
    #expect(error?.description.contains("no store of runs") == true, "\(error?.description ?? "")")

    let newer = "\(folder.path)/newer.sqlite"
    try RunStore(newer).write { db in
      try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('2099')")
    }
    #expect(throws: StoreError.newer(path: newer)) { try RunStore(newer) }
    #expect(throws: StoreError.self) { try RunStore("/proc/nowhere/runs.sqlite") }
  }

  @Test func damageIsNamed() throws {
    let store = try RunStore(try Folder().store)
    let id = try Example().write(to: store)
    for damage in [
      "UPDATE batch SET rows = x'0102'", "UPDATE batch SET columns = 4611686018427387904",
      "UPDATE run SET identity = '{}'", "UPDATE dataset SET ids = '[]'",
    ] {
      let copy = "\(store.path)-\(damage.count)"
      try FileManager.default.removeItemIfThere(copy)
      try store.queue.vacuum(into: copy)
      let broken = try RunStore(copy)
      try broken.write { try $0.execute(sql: damage) }
      let error = #expect(throws: StoreError.self, "\(damage)") { try broken.record(id) }
      #expect(error?.description.contains("run \(id) is damaged") == true, "\(error?.description ?? "")")
    }
  }

  @Test func manyWritersTakeTurns() async throws {
    let folder = try Folder()
    let path = folder.store
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<4 {
        group.addTask {
          // Each with connections of its own, as processes have; all make the file at once.
          let store = try RunStore(path)
          let example = try Example(sha256: Character("\(writer)"))
          let id = try example.write(to: store)
          #expect(try store.record(id).lasting() == example.record().lasting())
        }
      }
      try await group.waitForAll()
    }
    #expect(try RunStore(path).runs().count == 4)
  }

  @Test func placesOfTheStore() {
    func path(_ explicit: String?, _ environment: [String: String]) -> String? {
      StoreLocation.path(explicit: explicit, environment: environment)
    }
    let all = ["AVIARY_STORE": "/a.db", "XDG_DATA_HOME": "/data", "HOME": "/home/me"]
    #expect(path("x.db", all) == "x.db")
    #expect(path(nil, all) == "/a.db")
    #expect(path(nil, ["XDG_DATA_HOME": "/data", "HOME": "/home/me"]) == "/data/aviary/runs.sqlite")
    #expect(path(nil, ["XDG_DATA_HOME": "data", "HOME": "/h"]) == "/h/.local/share/aviary/runs.sqlite")
    #expect(path(nil, ["AVIARY_STORE": "", "HOME": "/h"]) == "/h/.local/share/aviary/runs.sqlite")
    #expect(path(nil, [:]) == nil)
  }
}

extension FileManager {
  fileprivate func removeItemIfThere(_ path: String) throws {
    if fileExists(atPath: path) { try removeItem(atPath: path) }
  }
}
