import Foundation
import GRDB

extension RunStore {
  /// What a clean-up removes.
  public struct CleaningRules: Sendable {
    /// Finished runs to keep of each evaluation, the latest ones.
    public var keep = 1
    /// Interrupted runs go when nothing happened to them for so many days.
    public var days = 7.0
    /// Where there are any, these runs go and no other, unless they are running.
    public var named: [Int64] = []

    public init(keep: Int = 1, days: Double = 7, named: [Int64] = []) {
      self.keep = keep
      self.days = days
      self.named = named
    }
  }

  /// The runs that `rules` remove.
  public func removable(_ rules: CleaningRules) throws(StoreError) -> [StoredRun] {
    let runs = try runs()
    let updated = try read { db in
      try Row.fetchAll(db, sql: "SELECT id, updated FROM run").reduce(into: [Int64: Double]()) {
        $0[$1["id"]] = $1["updated"]
      }
    }
    let now = Date().timeIntervalSince1970
    var seen: [String: Int] = [:]
    for id in rules.named where !runs.contains(where: { $0.id == id }) {
      throw .noRun(id, path: path)
    }
    // The latest finished run of each whole evaluation: it has all that its shards have.
    let wholes = Dictionary(
      runs.filter { $0.state == .finished && $0.shard.isWhole }.map { ($0.identity.key, $0.id) },
      uniquingKeysWith: max)
    return runs.filter { run in
      if !rules.named.isEmpty { return rules.named.contains(run.id) && run.state != .running }
      switch run.state {
      case .running: return false
      case .interrupted: return now - (updated[run.id] ?? now) >= rules.days * 86_400
      case .finished where !run.shard.isWhole && (wholes[run.identity.key] ?? 0) > run.id: return true
      case .finished:
        let key = "\(run.identity.key) \(run.shard)"
        seen[key, default: 0] += 1
        return (seen[key] ?? 0) > max(1, rules.keep)
      }
    }
  }

  /// Removes runs with their scores, and gives the room back to the file system.
  public func remove(_ ids: [Int64]) throws(StoreError) {
    try write { db in
      for id in ids { try db.execute(sql: "DELETE FROM run WHERE id = ?", arguments: [id]) }
      try db.execute(sql: "DELETE FROM dataset WHERE id NOT IN (SELECT dataset FROM run)")
    }
    do { try queue.vacuum() } catch { throw StoreError(error, path: path) }
  }
}
