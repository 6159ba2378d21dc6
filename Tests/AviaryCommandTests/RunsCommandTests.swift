import Foundation
import TestSupport
import Testing

/// Evaluations as processes that are killed, write side by side, or do only a part.
@Suite struct RunsCommandTests {
  private static func evaluate(_ store: String, _ options: [String] = []) -> [String] {
    [
      "evaluate", Fixtures.path("softmax.onnx"), "--data", Fixtures.pictures, "--store", store, "--threads",
      "1",
    ] + options
  }

  /// Long enough to be killed in its midst.
  private static func evaluateFaces(_ store: String, _ options: [String] = []) -> [String] {
    let zoo = Locations.root.appendingPathComponent("Zoo").path
    return [
      "evaluate", "\(zoo)/fer-cnn-plain", "--data", "folder:\(zoo)/samples/drawn-faces", "--store", store,
      "--threads", "1", "--batch", "1",
    ] + options
  }

  /// A record's JSON without times and host.
  private static func lasting(_ path: String) throws -> Data {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    var object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    object["run"] = nil
    return try JSONSerialization.data(withJSONObject: object, options: .sortedKeys)
  }

  /// Kills come at random moments of start, evaluation and writing; the seed is in the message.
  @Test func killsLoseNothingButTheBatch() throws {
    let kills = ProcessInfo.processInfo.environment["AVIARY_LONG"] == nil ? 25 : 100
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = Seeded(state: seed)
    let folder = try TemporaryFolder()
    let whole = "\(folder.path)/whole.json"
    let start = Date()
    let reference = try Aviary.run(
      Self.evaluateFaces("\(folder.path)/whole.sqlite", ["--record", whole]))
    #expect(reference.status == 0, "\(reference.errors)")
    let duration = Date().timeIntervalSince(start)
    let expected = try Self.lasting(whole)

    var killed = 0
    var resumed = 0
    var number = 0
    while killed < kills, number < 20 * kills {
      number += 1
      let store = "\(folder.path)/\(number).sqlite"
      // Some runs are killed again and again before they may finish.
      var done = 0
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let process = try Aviary.process(Self.evaluateFaces(store))
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        Thread.sleep(forTimeInterval: Double.random(in: 0...duration, using: &generator))
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        if process.terminationReason == .uncaughtSignal { killed += 1 }
        guard FileManager.default.fileExists(atPath: store) else { continue }
        let list = try Aviary.run(["runs", "list", "--store", store, "--json"])
        #expect(list.status == 0, "seed \(seed): \(list.errors)")
        let runs = try #require(list.json as? [[String: Any]])
        let open = runs.filter { $0["state"] as? String == "interrupted" }
        #expect(open.count <= 1, "seed \(seed)")
        let now = open.first?["done"] as? Int ?? 0
        // What was kept stays kept.
        if !open.isEmpty { #expect(now >= done, "seed \(seed)") }
        if process.terminationReason == .exit { break }
        done = now
      }
      let record = "\(folder.path)/\(number).json"
      let result = try Aviary.run(Self.evaluateFaces(store, ["--record", record]))
      #expect(result.status == 0, "seed \(seed): \(result.errors)")
      if result.errors.contains("resuming") { resumed += 1 }
      #expect(try Self.lasting(record) == expected, "seed \(seed)")
      let check = try Aviary.run(["runs", "list", "--store", store, "--json"])
      let states = (check.json as? [[String: Any]] ?? []).compactMap { $0["state"] as? String }
      #expect(states.contains("finished") && !states.contains("running"), "seed \(seed): \(states)")
    }
    #expect(killed >= kills, "seed \(seed): the processes were too fast to be killed")
    // Otherwise nothing was tried but killing before the first batch.
    #expect(resumed > 0, "seed \(seed)")
  }

  @Test(arguments: [1, 3, 7])
  func shardsMergeToTheSingleRun(count: Int) throws {
    let folder = try TemporaryFolder()
    let store = "\(folder.path)/runs.sqlite"
    let whole = "\(folder.path)/whole.json"
    // A batch of four gives nine batches: more than shards.
    let single = try Aviary.run(Self.evaluate(store, ["--batch", "4", "--record", whole]))
    #expect(single.status == 0, "\(single.errors)")
    var files: [String] = []
    for index in 1...count {
      let file = "\(folder.path)/\(index).json"
      let shard = try Aviary.run(
        Self.evaluate(store, ["--batch", "4", "--shard", "\(index)/\(count)", "--record", file]))
      #expect(shard.status == 0, "\(shard.errors)")
      files.append(file)
    }
    let fromFiles = "\(folder.path)/files.json"
    let merge = try Aviary.run(["merge", "--no-store", "--record", fromFiles] + files.reversed())
    #expect(merge.status == 0, "\(merge.errors)")
    let fromRuns = "\(folder.path)/runs.json"
    let ids = (2...count + 1).map(String.init)
    let stored = try Aviary.run(["runs", "merge", "--store", store, "--record", fromRuns] + ids)
    #expect(stored.status == 0, "\(stored.errors)")
    // The text itself, but for the one object that holds times and host.
    let expected = try Self.withoutRun(whole)
    #expect(try Self.withoutRun(fromFiles) == expected)
    #expect(try Self.withoutRun(fromRuns) == expected)
    if count > 1 {
      let missing = try Aviary.run(["merge", "--no-store"] + files.dropLast())
      #expect(missing.status == 1)
      #expect(missing.errors.contains("shards are missing: \(count)/\(count)"), "\(missing.errors)")
    }
  }

  private static func withoutRun(_ path: String) throws -> String {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let start = try #require(text.range(of: ",\"run\":{"))
    let end = try #require(text.range(of: ",\"samples\":[{", range: start.upperBound..<text.endIndex))
    return String(text[..<start.lowerBound] + text[end.lowerBound...])
  }

  @Test func twoWritersAtOnce() throws {
    let folder = try TemporaryFolder()
    let store = "\(folder.path)/runs.sqlite"
    let processes = try (0..<2).map { index in
      let process = try Aviary.process(
        Self.evaluate(store, ["--batch", "1", "--record", "\(folder.path)/\(index).json"]))
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      return process
    }
    for process in processes {
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
    }
    #expect(try Self.lasting("\(folder.path)/0.json") == Self.lasting("\(folder.path)/1.json"))
    let list = try Aviary.run(["runs", "list", "--store", store, "--json"])
    let runs = try #require(list.json as? [[String: Any]])
    #expect(runs.map { $0["done"] as? Int } == [33, 33])
    let difference = try Aviary.run(["runs", "diff", "1", "2", "--store", store, "--json"])
    #expect(difference.object["common"] as? Int == 33)
    #expect(difference.object["largestChange"] as? Double == 0)
    let collected = try Aviary.run(["runs", "gc", "--store", store])
    #expect(collected.output == "removed run 1 (finished, softmax)\n")
  }

  @Test func showsAndExports() throws {
    let folder = try TemporaryFolder()
    let store = "\(folder.path)/runs.sqlite"
    let record = "\(folder.path)/record.json"
    #expect(try Aviary.run(["runs", "list", "--store", store]).status == 1)
    let evaluated = try Aviary.run(Self.evaluate(store, ["--record", record]))
    let shown = try Aviary.run(["runs", "show", "1", "--store", store])
    #expect(shown.status == 0, "\(shown.errors)")
    #expect(shown.output.hasSuffix(evaluated.output))
    let exported = try Aviary.run(["runs", "export", "1", "--store", store])
    #expect(exported.output == (try String(contentsOfFile: record, encoding: .utf8)))
    let absent = try Aviary.run(["runs", "show", "5", "--store", store])
    #expect(absent.status == 1)
    #expect(absent.errors.contains("has no run 5"))
    #expect(try Aviary.run(Self.evaluate(store, ["--shard", "4/3"])).status == 2)
    #expect(try Aviary.run(Self.evaluate(store, ["--no-store"])).status == 2)
  }

  @Test func aStoreThatCannotBeHad() throws {
    let folder = try TemporaryFolder()
    let file = try folder.file("text.sqlite", Data("no database at all, and it is long enough".utf8))
    let result = try Aviary.run(Self.evaluate(file))
    #expect(result.status == 1)
    #expect(result.errors.contains("no store of runs"), "\(result.errors)")
  }
}

/// SplitMix64, so that a failure can be had again.
private struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
