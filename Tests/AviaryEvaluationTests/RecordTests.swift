import Aviary
import Foundation
import Testing

@Suite struct RecordTests {
  /// Five samples of two classes, three of them right.
  static func record(_ positions: some Sequence<Int>, skipped: [Int] = []) throws -> EvaluationRecord {
    let scores: [[Float]] = [[0.9, 0.1], [0.4, 0.6], [0.25, 0.75], [0.8, 0.2], [0.3, 0.7]]
    let labels = [0, 0, 1, 1, 1]
    return EvaluationRecord(
      version: EvaluationRecord.currentVersion,
      model: .init(
        id: "m", file: "m.onnx", sha256: String(repeating: "0", count: 64), bytes: 10,
        input: try Preprocessing(
          layout: .nchw, width: 4, height: 4, channels: .grey, scale: 1, mean: [0], std: [1]),
        outputKind: .probabilities, labels: ["a", "b"]),
      data: .init(kind: "folder", path: "p", split: "all", contentHash: "h", samples: 5),
      classes: ["a", "b"],
      samples: positions.map { .init(index: $0, id: "s\($0)", label: labels[$0], scores: scores[$0]) },
      skipped: skipped.map { .init(index: $0, id: "s\($0)", reason: "bad") }
        + [.init(index: nil, id: nil, reason: "no label")],
      run: .init(host: "h", started: "2025-01-01T00:00:00Z", seconds: 1, threads: 1, batch: 2))
  }

  @Test func metricsOfARecord() throws {
    let summary = try Self.record(0..<5).summary()
    #expect(summary[metric: "accuracy"] == 0.6)
    #expect(summary.confusion.rows == [[1, 1], [1, 2]])
    // -(ln .9 + ln .4 + ln .75 + ln .2 + ln .7) / 5
    let expected = -(log(0.9) + log(0.4) + log(0.75) + log(0.2) + log(0.7)) / 5
    #expect(abs(try #require(summary[metric: "log_loss"]) - expected) < 1e-6)
    #expect(summary.skipped == 1)
  }

  @Test(arguments: [[[0, 1, 2, 3, 4]], [[3, 0], [4, 1, 2]], [[4], [3], [2], [1], [0]]])
  func partsMergeToTheWhole(parts: [[Int]]) throws {
    let records = try parts.map { try Self.record($0) }
    var merged = try EvaluationRecord.merging(records)
    let whole = try Self.record(0..<5)
    merged.run = whole.run
    #expect(merged == whole)
  }

  @Test func refusesWhatDoesNotBelongTogether() throws {
    let one = try Self.record([0, 1], skipped: [2])
    #expect(throws: EvaluationError.self) { try EvaluationRecord.merging([]) }
    #expect(throws: EvaluationError.self) { try EvaluationRecord.merging([one, Self.record([1])]) }
    #expect(throws: EvaluationError.self) { try EvaluationRecord.merging([one, Self.record([2])]) }
    var other = try Self.record([3])
    other.model.sha256 = "1"
    #expect(throws: EvaluationError.self) { try EvaluationRecord.merging([one, other]) }
    other = try Self.record([3])
    other.data.contentHash = "x"
    #expect(throws: EvaluationError.self) { try EvaluationRecord.merging([one, other]) }
  }

  @Test func writesAndReads() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).json").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let record = try Self.record(0..<5)
    try record.write(to: path)
    #expect(try EvaluationRecord(contentsOf: path) == record)

    // (what is written instead, what the error must say)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    for (broken, part) in [
      ("", "JSON"), (text.replacingOccurrences(of: "\"version\":1", with: "\"version\":9"), "version 9"),
      (text.replacingOccurrences(of: "\"label\":1", with: "\"label\":7"), "does not fit"),
      (text.replacingOccurrences(of: "\"classes\"", with: "\"klasses\""), "classes"),
    ] {
      try broken.write(toFile: path, atomically: true, encoding: .utf8)
      let error = #expect(throws: EvaluationError.self) { try EvaluationRecord(contentsOf: path) }
      #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
      #expect(error?.description.contains(path) == true)
    }
  }
}
