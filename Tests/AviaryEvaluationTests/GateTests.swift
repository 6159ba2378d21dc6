import Aviary
import Foundation
import Testing

@Suite struct GateTests {
  static let classes = ["a", "b", "c", "d", "e", "f", "g"]
  static let count = 7178

  /// 7,178 samples, 65 % of them right.
  static func record(_ predicted: [Int]) throws -> EvaluationRecord {
    var record = try RecordTests.record([Int]())
    record.classes = classes
    record.skipped = []
    record.samples = predicted.enumerated().map { index, p in
      .init(
        index: index, id: "s\(index)", label: truth(index),
        scores: classes.indices.map { $0 == p ? 0.7 : 0.05 })
    }
    return record
  }

  static func truth(_ index: Int) -> Int { index * 31 % 7 }
  static let usual: [Int] = (0..<count).map { $0 % 20 < 13 ? truth($0) : (truth($0) + 1 + $0 % 6) % 7 }

  /// `lost` right answers become wrong, `won` wrong ones right.
  static func changed(lost: Int, won: Int) -> [Int] {
    var (lost, won) = (lost, won)
    return usual.enumerated().map { index, p in
      if p == truth(index), lost > 0, index % 3 == 0 {
        lost -= 1
        return (p + 1) % 7
      }
      if p != truth(index), won > 0 {
        won -= 1
        return truth(index)
      }
      return p
    }
  }

  static func judge(
    _ predicted: [Int], isPacked: Bool? = nil, change: (inout EvaluationRecord) -> Void = { _ in },
    tolerances: (inout GateTolerances) -> Void = { _ in }
  ) throws -> GateResult {
    let baseline = try Baseline(accepting: record(usual), model: "m", data: "folder:p", isPacked: isPacked)
    var now = try record(predicted)
    change(&now)
    var allowed = GateTolerances()
    tolerances(&allowed)
    return try RegressionGate(baseline, tolerances: allowed).judge(now, model: "m", path: "b.json")
  }

  static func failed(_ result: GateResult) -> Set<String> {
    Set(result.checks.filter { !$0.passed }.map(\.name))
  }

  @Test func theSameResultsPass() throws {
    let result = try Self.judge(Self.usual)
    #expect(result.passed && result.changed.isEmpty && result.notes.isEmpty)
    #expect(result.checks.map(\.name).contains("drift"))
  }

  /// One point of 7,178 samples is 72 answers; the more answers change both ways, the less such a fall says.
  @Test(arguments: [(72, 0), (90, 18), (200, 128), (500, 428)])
  func aFallOfOnePointIsCaught(lost: Int, won: Int) throws {
    let result = try Self.judge(Self.changed(lost: lost, won: won), tolerances: { $0.drift = nil })
    #expect(Self.failed(result).contains("accuracy"))
    #expect(result.changed.count == lost + won)
    let allowed = try Self.judge(
      Self.changed(lost: lost, won: won),
      tolerances: { $0.drift = nil; $0.accuracy = 0.011; $0.macroF1 = 0.011; $0.classRecall = 0.1 })
    #expect(allowed.passed)
    let strict = try Self.judge(
      Self.changed(lost: lost, won: won), tolerances: { $0.drift = nil; $0.accuracy = 0.0099 })
    #expect(Self.failed(strict).contains("accuracy"))
  }

  /// Thousands of samples are packed in the file, which says the same.
  @Test func packedBaselines() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).json").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var before = try Self.record(Self.usual)
    before.data.contentHash = String(repeating: "ab", count: 32)
    let made = try Baseline(accepting: before, model: "m", data: "folder:p")
    #expect(made.packed != nil && made.predictions.isEmpty && made.count == Self.count)
    #expect(made.text.utf8.count < 100_000)
    try made.text.write(toFile: path, atomically: true, encoding: .utf8)
    let read = try Baseline(contentsOf: path)
    #expect(read == made)
    let gate = RegressionGate(read)
    let same = try gate.judge(before, model: "m", path: path)
    #expect(same.passed && same.changed.isEmpty, "\(same.checks.filter { !$0.passed })")
    var after = try Self.record(Self.changed(lost: 72, won: 0))
    after.data.contentHash = before.data.contentHash
    let worse = try gate.judge(after, model: "m", path: path)
    #expect(Self.failed(worse).isSuperset(of: ["accuracy", "drift"]) && worse.changed.count == 72)
    #expect(worse.checks.first { $0.name == "accuracy" }?.message.contains("paired interval") == true)
    // A shift of all logarithms of one class by more than the rounding.
    var drifted = before
    for index in drifted.samples.indices { drifted.samples[index].scores[2] *= 1.05 }
    #expect(Self.failed(try gate.judge(drifted, model: "m", path: path)).contains("drift"))
    // Other pictures, or fewer.
    after = before
    after.data.contentHash = String(repeating: "cd", count: 32)
    #expect(Self.failed(try gate.judge(after, model: "m", path: path)) == ["data"])
    after = before
    after.samples.removeLast()
    #expect(Self.failed(try gate.judge(after, model: "m", path: path)) == ["data"])
    for (old, new) in [
      ("\"samples\": 7178,", "\"samples\": 7177,"), ("\"contentHash\"", "\"split\": \"all\", \"x\""),
      ("\"packed\"", "\"predictions\": {\"a\": \"b\"}, \"packed\""), ("\"step\": 0.003", "\"step\": -0.003"),
    ] {
      let broken = made.text.replacingOccurrences(of: old, with: new)
      #expect(broken != made.text, "\(old)")
      try broken.write(toFile: path, atomically: true, encoding: .utf8)
      #expect(throws: ZooError.self, "\(old)") { try Baseline(contentsOf: path) }
    }
  }

  @Test(arguments: [(0, 0), (10, 10), (3, 1), (104, 100), (20, 60)])
  func whatChanceExplainsPasses(lost: Int, won: Int) throws {
    let result = try Self.judge(Self.changed(lost: lost, won: won), tolerances: { $0.drift = nil })
    #expect(result.passed, "\(Self.failed(result))")
  }

  /// A class loses what the others win: accuracy stays.
  @Test func aClassThatFallsIsCaught() throws {
    var (lost, won) = (100, 100)
    let predicted = Self.usual.enumerated().map { index, p in
      if Self.truth(index) == 2, p == 2, lost > 0 {
        lost -= 1
        return 3
      }
      if Self.truth(index) != 2, p != Self.truth(index), won > 0 {
        won -= 1
        return Self.truth(index)
      }
      return p
    }
    let result = try Self.judge(predicted, tolerances: { $0.drift = nil })
    #expect(Self.failed(result).contains("recall of c"))
    #expect(!Self.failed(result).contains("accuracy"))
  }

  @Test func probabilitiesThatDriftAreCaught() throws {
    for (factor, fails) in [(Float(1.0005), false), (1.002, true), (1.02, true)] {
      let result = try Self.judge(Self.usual, isPacked: false, change: { $0.samples[77].scores[3] *= factor })
      #expect(Self.failed(result) == (fails ? ["drift"] : []))
      #expect(result.changed.isEmpty)
    }
    // What is below a millionth may be anything.
    let tiny = try Self.judge(
      Self.usual, isPacked: false, change: { $0.samples[77].scores[3] = 0 }, tolerances: { $0.drift = 11 })
    #expect(tiny.passed)
  }

  @Test func otherDataIsNotTheSame() throws {
    let attempts: [(String, (inout EvaluationRecord) -> Void)] = [
      ("'s5' of the baseline is not in the data", { $0.samples.remove(at: 5) }),
      (
        "'new' is not in the baseline",
        {
          var copy = $0.samples[5]
          copy.id = "new"
          $0.samples.append(copy)
        }
      ),
      ("content hash", { $0.data.contentHash = "other" }),
      ("the baseline has the class 'g'", { $0.classes[6] = "h" }),
    ]
    for (part, change) in attempts {
      let result = try Self.judge(Self.usual, isPacked: false, change: change)
      #expect(Self.failed(result) == ["data"])
      #expect(result.checks.first?.message.contains(part) == true, "\(result.checks.first?.message ?? "")")
    }
  }

  @Test func classesInAnotherOrderAreTheSame() throws {
    let order = [3, 0, 6, 2, 5, 1, 4]
    let result = try Self.judge(
      Self.usual,
      change: { record in
        record.classes = order.map { Self.classes[$0] }
        for i in record.samples.indices {
          record.samples[i].label = order.firstIndex(of: record.samples[i].label) ?? 0
          record.samples[i].scores = order.map { record.samples[i].scores[$0] }
        }
      })
    #expect(result.passed, "\(Self.failed(result))")
  }

  @Test func latencyCountsOnlyWhereItIsAskedFor() throws {
    let record = try Self.record(Self.usual)
    let before = Baseline.Latency(milliseconds: 2, referenceMilliseconds: 1)
    let baseline = try Baseline(accepting: record, model: "m", data: "folder:p", latency: before)
    // Half as fast on a machine that is half as fast is no regression.
    for (latency, fails) in [
      (Baseline.Latency(milliseconds: 4, referenceMilliseconds: 2), false),
      (Baseline.Latency(milliseconds: 4, referenceMilliseconds: 1), true),
    ] {
      var tolerances = GateTolerances()
      #expect(
        try RegressionGate(baseline).judge(record, model: "m", path: "b", latency: latency).passed)
      tolerances.latencyRatio = 1.5
      let result = try RegressionGate(baseline, tolerances: tolerances).judge(
        record, model: "m", path: "b", latency: latency)
      #expect(Self.failed(result) == (fails ? ["latency"] : []))
    }
  }

  @Test func baselinesAreReadAsTheyWereWritten() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).json").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var record = try Self.record(Self.usual)
    record.samples = Array(record.samples.prefix(20))
    record.samples[3].id = "a \"quoted\" /name é"
    record.samples[4].scores = [1, 0, 1e-20, 0.1, 1 / 3, 1e-7, 0.25]
    record.data.contentHash = String(repeating: "0f", count: 32)
    let made = try Baseline(
      accepting: record, model: "m", data: "folder:p",
      latency: .init(milliseconds: 1.5, referenceMilliseconds: 0.75))
    try made.text.write(toFile: path, atomically: true, encoding: .utf8)
    let read = try Baseline(contentsOf: path)
    #expect(read.predictions == made.predictions && read.scores == made.scores)
    #expect(read.latency == made.latency && read.contentHash == made.contentHash)
    for (name, value) in made.metrics { #expect(abs((read.metrics[name] ?? .nan) - value) < 1e-6) }
    #expect(try RegressionGate(read).judge(record, model: "m", path: path).passed)

    for (old, new, part) in [
      ("\"schema\": 1", "\"schema\": 2", "schema"), ("\"classes\": [\"a\", ", "\"classes\": [", "classes"),
      ("\"accuracy\"", "\"acuracy\"", "metrics.accuracy"), ("\"s1\": \"", "\"s1b\": \"", "different samples"),
      ("\"split\"", "\"splitt\"", "unknown key"),
    ] {
      let broken = made.text.replacingOccurrences(of: old, with: new)
      #expect(broken != made.text)
      try broken.write(toFile: path, atomically: true, encoding: .utf8)
      let error = #expect(throws: ZooError.self) { try Baseline(contentsOf: path) }
      #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
    }
  }
}
