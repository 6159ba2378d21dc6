import Aviary
import AviaryStore
import Foundation
import Hummingbird

/// `/v1/compare`: how models did on whole data sets, from the store of runs.
struct ComparisonList: Sendable {
  /// The store's file, from the server's own options; `nil`: there is none.
  let path: String?

  private struct Key: Hashable {
    let kind: String
    let split: String
    let hash: String
  }

  /// The latest finished run of each model on each data set.
  ///
  /// - Throws: `StoreError`.
  func response() throws -> Response {
    var groups: [(key: Key, runs: [StoredRun])] = []
    for run in try runs() where run.state == .finished && run.shard == .all {
      let data = run.identity.data
      let key = Key(kind: data.kind, split: data.split, hash: data.contentHash)
      if let index = groups.firstIndex(where: { $0.key == key }) {
        let isKnown = groups[index].runs.contains { $0.source.id == run.source.id }
        if !isKnown { groups[index].runs.append(run) }
      } else {
        groups.append((key, [run]))
      }
    }
    var json = JSONWriter()
    json.object { json in
      json.key("comparisons")
      json.array { json in
        for group in groups { json.object { Self.write(group.key, group.runs, to: &$0) } }
      }
    }
    return .json(json)
  }

  /// All runs, the latest first; none where there is no store.
  private func runs() throws -> [StoredRun] {
    guard let path, FileManager.default.fileExists(atPath: path) else { return [] }
    return try RunStore(path).runs()
  }

  private static func write(_ key: Key, _ runs: [StoredRun], to json: inout JSONWriter) {
    json.key("data")
    json.object {
      $0.member("kind", key.kind)
      $0.member("split", key.split)
      $0.member("contentHash", key.hash)
    }
    json.member("samples", runs.first?.expected ?? 0)
    json.member("classes", runs.first?.identity.classes ?? [])
    json.key("models")
    json.array { json in
      for run in runs.sorted(by: { ($0.accuracy ?? -1, $0.id) > ($1.accuracy ?? -1, $1.id) }) {
        json.object {
          $0.member("id", run.source.id)
          $0.member("run", Int(run.id))
          $0.member(ifPresent: "accuracy", run.accuracy)
          $0.member("started", run.started)
        }
      }
    }
  }
}
