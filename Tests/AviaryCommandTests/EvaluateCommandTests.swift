import Foundation
import Testing

@Suite struct EvaluateCommandTests {
  @Test(arguments: ["softmax", "logits", "one-by-one"])
  func agreesWithONNXRuntimeAndScikitLearn(model: String) throws {
    let expected = try #require(try Fixtures.golden()[model])
    let folder = try TemporaryFolder()
    let result = try Aviary.run([
      "evaluate", Fixtures.path("\(model).onnx"), "--data", Fixtures.pictures, "--batch", "5",
      "--record", "\(folder.path)/record.json", "--output", "\(folder.path)/report",
    ])
    #expect(result.status == 0, "\(result.errors)")
    // The whole report, character by character.
    #expect(result.output.contains(expected.report))

    let record = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: folder.url.appendingPathComponent("record.json")))
        as? [String: Any])
    let samples = try #require(record["samples"] as? [[String: Any]])
    #expect(samples.compactMap { $0["id"] as? String } == expected.samples)
    for (sample, row) in zip(samples, expected.probabilities) {
      let scores = try #require(sample["scores"] as? [Double])
      #expect(zip(scores, row).allSatisfy { abs($0 - $1) < 1e-6 }, "\(sample["id"] ?? "")")
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/report")
    for file in ["csv", "json", "svg", "png", "txt"].map({ "confusion_matrix.\($0)" }) + ["report.txt"] {
      #expect(files.contains(file))
    }
  }

  @Test(arguments: ["softmax", "logits", "one-by-one"])
  func printsJSON(model: String) throws {
    let expected = try #require(try Fixtures.golden()[model])
    let result = try Aviary.run([
      "evaluate", Fixtures.path("\(model).onnx"), "--data", Fixtures.pictures, "--json", "--threads", "1",
    ])
    #expect(result.status == 0, "\(result.errors)")
    let metrics = try #require(result.object["metrics"] as? [String: Any])
    for (name, value) in expected.metrics {
      let got = try #require(metrics[name] as? Double, "\(name)")
      #expect(abs(got - value) < 1e-6, "\(name): \(got), expected \(value)")
    }
    #expect(result.object["confusion_matrix"] as? [[Int]] == expected.confusionMatrix)
  }

  @Test func threadsAndBatchesDoNotChangeTheRecord() throws {
    let folder = try TemporaryFolder()
    var records: [NSDictionary] = []
    for (number, options) in [["--threads", "1", "--batch", "1"], ["--threads", "3", "--batch", "7"]]
      .enumerated()
    {
      let path = "\(folder.path)/\(number).json"
      let result = try Aviary.run(
        ["evaluate", Fixtures.path("softmax.onnx"), "--data", Fixtures.pictures, "--record", path] + options)
      #expect(result.status == 0, "\(result.errors)")
      var record = try #require(
        JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path))) as? [String: Any])
      record["run"] = nil
      records.append(record as NSDictionary)
    }
    #expect(records[0] == records[1])
  }

  @Test func limitSpreadsOverTheClasses() throws {
    let result = try Aviary.run([
      "evaluate", Fixtures.path("softmax.onnx"), "--data", Fixtures.pictures, "--limit", "6", "--json",
    ])
    let matrix = try #require(result.object["confusion_matrix"] as? [[Int]])
    // Every 5.5th of 12 bright, 9 dark and 12 medium pictures.
    #expect(matrix.map { $0.reduce(0, +) } == [3, 1, 2])
  }

  @Test func saysThatLabelsAreInTheWrongOrder() throws {
    let result = try Aviary.run([
      "evaluate", Fixtures.path("softmax.onnx"), "--data", Fixtures.pictures,
      "--labels", "medium,dark,bright",
    ])
    #expect(result.status == 0)
    #expect(result.errors.contains("label order looks wrong"))
    #expect(result.errors.contains("'medium' looks like 'dark'"))
  }

  @Test func skipBadContinuesAndCounts() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(
      at: Fixtures.folder.appendingPathComponent("pictures"), to: folder.url.appendingPathComponent("p"))
    let bad = try folder.file("p/dark/00.png", Data("not a picture".utf8))
    let arguments = [
      "evaluate", Fixtures.path("softmax.onnx"), "--data", "folder:\(folder.path)/p", "--json",
    ]
    let stopped = try Aviary.run(arguments)
    #expect(stopped.status == 1)
    #expect(stopped.errors.contains(bad))
    let skipped = try Aviary.run(arguments + ["--skip-bad"])
    #expect(skipped.status == 0, "\(skipped.errors)")
    #expect(skipped.object["skipped"] as? Int == 1)
    #expect(skipped.object["samples"] as? Int == 32)
    #expect(skipped.errors.contains(bad))
  }
}
