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

  /// The latest finished run of each model on each data set, and every two of them on the same samples.
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
    let comparisons = try groups.map { group in
      let ranked = group.runs.sorted { ($0.accuracy ?? -1, $0.id) > ($1.accuracy ?? -1, $1.id) }
      return (key: group.key, runs: ranked, pairing: try pairing(ranked))
    }
    var json = JSONWriter()
    json.object { json in
      json.key("comparisons")
      json.array { json in
        for comparison in comparisons {
          json.object { Self.write(comparison.key, comparison.runs, comparison.pairing, to: &$0) }
        }
      }
    }
    return .json(json)
  }

  /// Two models on the samples of one data set.
  private struct Pair {
    let first: String
    let second: String
    let difference: RunDifference
    let adjustedPValue: Double
  }

  private struct Pairing {
    var pairs: [Pair] = []
    /// Models that are in no pair, or not in all, and why.
    var unpaired: [(model: String, reason: String)] = []
  }

  /// Pairs grow with the square of the models.
  private static let mostPaired = 20

  /// Every two runs whose scores can be read.
  private func pairing(_ runs: [StoredRun]) throws -> Pairing {
    var pairing = Pairing()
    guard let path, runs.count > 1 else { return pairing }
    let store = try RunStore(path)
    var records: [(model: String, record: EvaluationRecord)] = []
    for (rank, run) in runs.enumerated() {
      guard rank < Self.mostPaired else {
        pairing.unpaired.append((run.source.id, "only the \(Self.mostPaired) most accurate models are paired"))
        continue
      }
      do { records.append((run.source.id, try store.record(run.id))) } catch {
        pairing.unpaired.append((run.source.id, "the scores of run \(run.id) cannot be read: \(error)"))
      }
    }
    var found: [(first: String, second: String, difference: RunDifference)] = []
    for (index, first) in records.enumerated() {
      for second in records[(index + 1)...] {
        do { found.append((first.model, second.model, try RunDifference(first.record, second.record))) } catch {
          pairing.unpaired.append((second.model, "not beside \(first.model): \(error)"))
        }
      }
    }
    let adjusted = try HolmCorrection.adjusted(found.map(\.difference.pValue))
    pairing.pairs = zip(found, adjusted).map {
      Pair(first: $0.first, second: $0.second, difference: $0.difference, adjustedPValue: $1)
    }
    return pairing
  }

  /// All runs, the latest first; none where there is no store.
  private func runs() throws -> [StoredRun] {
    guard let path, FileManager.default.fileExists(atPath: path) else { return [] }
    return try RunStore(path).runs()
  }

  private static func write(_ key: Key, _ runs: [StoredRun], _ pairing: Pairing, to json: inout JSONWriter) {
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
      for run in runs {
        json.object {
          $0.member("id", run.source.id)
          $0.member("run", Int(run.id))
          $0.member(ifPresent: "accuracy", run.accuracy)
          if let interval = Self.interval(run) {
            $0.key("accuracyInterval")
            $0.array {
              $0.value(interval.lower)
              $0.value(interval.upper)
            }
          }
          $0.member("started", run.started)
        }
      }
    }
    json.key("pairs")
    json.array { json in
      for pair in pairing.pairs {
        json.object {
          $0.member("first", pair.first)
          $0.member("second", pair.second)
          $0.member("samples", pair.difference.common)
          $0.member("difference", pair.difference.firstAccuracy - pair.difference.secondAccuracy)
          $0.member("onlyFirst", pair.difference.test.onlyFirst)
          $0.member("onlySecond", pair.difference.test.onlySecond)
          $0.member("pValue", pair.difference.pValue)
          $0.member("adjustedPValue", pair.adjustedPValue)
        }
      }
    }
    json.key("unpaired")
    json.array { json in
      for entry in pairing.unpaired {
        json.object {
          $0.member("id", entry.model)
          $0.member("reason", entry.reason)
        }
      }
    }
  }

  /// Wilson's 95 % interval of the accuracy.
  private static func interval(_ run: StoredRun) -> Interval? {
    guard let accuracy = run.accuracy, accuracy.isFinite, (0...1).contains(accuracy), run.expected > 0 else {
      return nil
    }
    return try? .wilson(successes: Int((accuracy * Double(run.expected)).rounded()), trials: run.expected)
  }
}
