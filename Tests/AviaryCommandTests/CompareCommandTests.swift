import Foundation
import TestSupport
import Testing

@Suite struct CompareCommandTests {
  static let models = ["softmax", "logits", "one-by-one"]
  static var list: String { models.map { Fixtures.path("\($0).onnx") }.joined(separator: ",") }

  private static func compare(
    _ models: String = list, _ options: [String], data: String = Fixtures.pictures
  ) throws -> CommandResult {
    try Aviary.run(["compare", "--models", models, "--data", data] + options)
  }

  @Test func agreesWithTheModelsAlone() throws {
    let golden = try Fixtures.golden()
    let result = try Self.compare(Self.list, ["--json", "--no-cost"])
    #expect(result.status == 0, "\(result.errors)")
    let entries = try #require(result.object["models"] as? [[String: Any]])
    for (model, entry) in zip(Self.models, entries) {
      #expect(entry["confusion_matrix"] as? [[Int]] == golden[model]?.confusionMatrix, "\(model)")
    }
    let rows = try #require(result.object["ranking"] as? [[String: Any]])
    #expect(
      rows.compactMap { $0["accuracy"] as? Double }
        == rows.compactMap { $0["accuracy"] as? Double }.sorted(by: >))
    #expect(
      Set(rows.compactMap { $0["name"] as? String })
        == Set(Self.models + ["mean of all", "majority of all", "oracle of all"]))
    // Who is right alone, counted anew from what ONNX Runtime says.
    let pairs = try #require(result.object["pairs"] as? [[String: Any]])
    #expect(pairs.count == 3)
    for pair in pairs {
      let first = try Self.isRight(try #require(golden[pair["first"] as? String ?? ""]))
      let second = try Self.isRight(try #require(golden[pair["second"] as? String ?? ""]))
      let counts = zip(first, second).reduce(into: [Bool: [Bool: Int]]()) {
        $0[$1.0, default: [:]][$1.1, default: 0] += 1
      }
      #expect(pair["bothRight"] as? Int == counts[true]?[true] ?? 0)
      #expect(pair["onlyFirstRight"] as? Int == counts[true]?[false] ?? 0)
      #expect(pair["onlySecondRight"] as? Int == counts[false]?[true] ?? 0)
      #expect(pair["bothWrong"] as? Int == counts[false]?[false] ?? 0)
      let difference = try #require(pair["accuracyDifference"] as? [String: Double])
      let expected = Double(first.count { $0 } - second.count { $0 }) / Double(first.count)
      #expect(abs((difference["value"] ?? .nan) - expected) < 1e-12)
    }
    let oracle = rows.first { $0["kind"] as? String == "oracle" }
    let all = try Self.models.map { try Self.isRight(try #require(golden[$0])) }
    let anyRight = all[0].indices.count { index in all.contains { $0[index] } }
    let reached = try #require(oracle?["accuracy"] as? Double)
    #expect(abs(reached - Double(anyRight) / Double(all[0].count)) < 1e-12)
  }

  private static func isRight(_ expectation: Fixtures.Expectation) throws -> [Bool] {
    let classes = ["bright", "dark", "medium"]
    return zip(expectation.samples, expectation.probabilities).map { id, row in
      let best = row.indices.max { row[$0] < row[$1] } ?? 0
      return id.hasPrefix("\(classes[best])/")
    }
  }

  @Test func takesFromTheStore() throws {
    let folder = try TemporaryFolder()
    let store = ["--store", "\(folder.path)/runs.sqlite", "--no-cost", "--json"]
    let first = try Self.compare(Self.list, store)
    #expect(first.status == 0, "\(first.errors)")
    #expect(!first.errors.contains("not evaluated again"))
    let second = try Self.compare(Self.list, store)
    #expect(
      second.errors.contains("not evaluated again: softmax (run 1), logits (run 2), one-by-one (run 3)"))
    #expect(second.object["pairs"] as? NSArray == first.object["pairs"] as? NSArray)
    let fresh = try Self.compare(Self.list, store + ["--fresh"])
    #expect(!fresh.errors.contains("not evaluated again"))
    // Another preprocessing is another evaluation.
    let other = try Self.compare(Fixtures.path("softmax.onnx"), store + ["--scale", "1/128"])
    #expect(!other.errors.contains("not evaluated again"), "\(other.errors)")
    // Kept by evaluate, taken by compare.
    let limited = ["--limit", "10"]
    let evaluated = try Aviary.run(
      ["evaluate", Fixtures.path("softmax.onnx"), "--data", Fixtures.pictures, "--store", store[1]] + limited)
    #expect(evaluated.status == 0)
    #expect(
      try Self.compare(Fixtures.path("softmax.onnx"), store + limited).errors.contains("not evaluated again"))
  }

  @Test func measuresCosts() throws {
    let folder = try TemporaryFolder()
    let store = ["--store", "\(folder.path)/runs.sqlite", "--json"]
    let result = try Self.compare(
      Fixtures.path("softmax.onnx") + "," + Fixtures.path("one-by-one.onnx"), store)
    #expect(result.status == 0, "\(result.errors)")
    let rows = try #require(result.object["ranking"] as? [[String: Any]])
    let model = try #require(rows.first { $0["name"] as? String == "softmax" })
    // A matrix of three and three biases; three multiply-adds for one picture.
    #expect(model["parameters"] as? Int == 6)
    #expect(model["multiply_adds"] as? Int == 3)
    #expect(
      model["bytes"] as? Int
        == (try Data(contentsOf: URL(fileURLWithPath: Fixtures.path("softmax.onnx")))).count)
    let time = try #require(model["ms_per_image"] as? Double)
    #expect(time > 0 && time < 50)
    #expect((model["peak_mib"] as? Double ?? 0) > 5)
    let again = try Self.compare(Fixtures.path("softmax.onnx"), store)
    let kept = (again.object["ranking"] as? [[String: Any]])?.first
    #expect(kept?["ms_per_image"] as? Double == time)
  }

  @Test func sortsAndFilters() throws {
    func names(_ options: [String]) throws -> [String] {
      let result = try Self.compare(Self.list, ["--no-cost", "--json"] + options)
      #expect(result.status == 0, "\(result.errors)")
      return (result.object["ranking"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
    }
    #expect(try names(["--sort", "name", "--filter", "kind=model"]) == ["logits", "one-by-one", "softmax"])
    #expect(try names(["--sort=-name", "--filter", "kind=model"]) == ["softmax", "one-by-one", "logits"])
    #expect(try names(["--filter", "name~by-one"]) == ["one-by-one"])
    #expect(try names(["--filter", "bytes<0"]).isEmpty)
    #expect(
      try names(["--ensemble", "softmax,logits", "--filter", "kind=mean"]) == ["mean of softmax+logits"])
    #expect(try Self.compare(Self.list, ["--sort", "beauty"]).status == 2)
    #expect(try Self.compare(Self.list, ["--filter", "beauty<3"]).status == 2)
    #expect(try Self.compare(Self.list, ["--ensemble", "softmax,nobody", "--no-cost"]).status == 1)
  }

  @Test func writesFiles() throws {
    let folder = try TemporaryFolder()
    let html = "\(folder.path)/report.html"
    let result = try Self.compare(
      Self.list, ["--output", "\(folder.path)/out", "--charts", "\(folder.path)/charts", "--html", html])
    #expect(result.status == 0, "\(result.errors)")
    for model in Self.models { #expect(result.output.contains(model)) }
    #expect(result.output.contains("0.8788"))
    let output = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/out")
    for file in Self.models.map({ "\($0)-confusion_matrix.png" })
      + ["comparison.md", "comparison.csv", "comparison.json", "differences.csv", "samples.csv"]
    {
      #expect(output.contains(file), "\(output)")
    }
    let charts = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/charts")
    let names = [
      "accuracy_time", "accuracy_differences", "f1_by_class", "roc_models", "latency", "softmax-roc",
    ]
    for file in names.flatMap({ ["\($0).svg", "\($0).png"] }) { #expect(charts.contains(file), "\(charts)") }
    for file in charts where file.hasSuffix(".svg") {
      let svg = try String(contentsOfFile: "\(folder.path)/charts/\(file)", encoding: .utf8)
      #expect(svg.contains("<title>") && svg.contains("<desc>"), "\(file)")
    }
    let text = try String(contentsOfFile: html, encoding: .utf8)
    #expect(text.hasPrefix("<!DOCTYPE html>"))
    // Of the 33 pictures all fit.
    #expect(result.errors.contains("33 pictures"), "\(result.errors)")
  }

  /// Opened, clicked, saved and printed in a real browser, on a wide and a narrow screen (Tests/Peers/report_page.py).
  @Test(.timeLimit(.minutes(10))) func theReportInABrowser() throws {
    guard let python = Locations.python else {
      print("not run: the report in a browser (no Python environment)")
      return
    }
    let folder = try TemporaryFolder()
    let zoo = Locations.root.appendingPathComponent("Zoo").path
    let html = "\(folder.path)/report.html"
    let compared = try Self.compare(
      "\(zoo)/fer-cnn-bn,\(zoo)/fer-cnn-plain", ["--html", html], data: "folder:\(zoo)/samples/drawn-faces")
    #expect(compared.status == 0, "\(compared.errors)")
    let process = Process()
    process.executableURL = python
    process.arguments = [Locations.root.appendingPathComponent("Tests/Peers/report_page.py").path, html]
    let output = folder.url.appendingPathComponent("browser.txt")
    try Data().write(to: output)
    process.standardOutput = try FileHandle(forWritingTo: output)
    try process.run()
    process.waitUntilExit()
    let text = try String(contentsOf: output, encoding: .utf8)
    if process.terminationStatus == 77 { print(text, terminator: "") } else {
      #expect(process.terminationStatus == 0, "\(text)")
    }
    // What the data have, with what leaked: nothing here.
    let page = try String(contentsOfFile: html, encoding: .utf8)
    #expect(page.contains("Duplicates and leaks") && page.contains("groups of samples agree in every pixel"))
  }

  @Test func sizesPrecisionsAndChanges() throws {
    let model = Fixtures.path("any-size.onnx")
    let sizes = try Self.compare(
      "\(model),\(Fixtures.path("softmax.onnx"))", ["--input-sizes", "8,16", "--no-cost", "--json"])
    #expect(sizes.status == 0, "\(sizes.errors)")
    let names = try #require(sizes.object["names"] as? [String])
    #expect(names == ["any-size 8px", "any-size 16px", "softmax 8px"])
    #expect(sizes.errors.contains("8x8 only, not 16"))

    let precisions = try Self.compare(model, ["--precisions", "fp32,bf16", "--no-cost", "--json"])
    #expect(precisions.object["names"] as? [String] == ["any-size fp32", "any-size bf16"])
    let study = precisions.object["studies"] as? [String: Any]
    let rows = try #require(study?["Arithmetic against fp32"] as? [[String: Any]])
    #expect(rows.count == 1 && rows[0]["precision"] as? String == "bf16")

    let changed = try Self.compare(model, ["--changes", "mirror,darker", "--no-cost", "--json"])
    let robust = changed.object["studies"] as? [String: Any]
    let wide = try #require(robust?["Accuracy lost under changes of the pictures"] as? [[String: Any]])
    // The model looks at the mean brightness only.
    #expect(wide[0]["mirror"] as? Double == 0)
    #expect((wide[0]["brightness x0.6"] as? Double ?? 0) > 0.2)
    for bad in [["--changes", "upside-down"], ["--input-sizes", "0"], ["--precisions", "fp7"]] {
      #expect(try Self.compare(model, bad).status == 2, "\(bad)")
    }
  }

  @Test func allModelsOfTheZooThatFit() throws {
    let folder = try TemporaryFolder()
    for name in ["softmax", "logits"] {
      let zoo = folder.url.appendingPathComponent("Zoo/\(name)")
      try FileManager.default.createDirectory(at: zoo, withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        atPath: Fixtures.path("\(name).onnx"), toPath: zoo.appendingPathComponent("\(name).onnx").path)
      try FileManager.default.copyItem(
        atPath: Fixtures.path("\(name).model.json"), toPath: zoo.appendingPathComponent("model.json").path)
    }
    let other = folder.url.appendingPathComponent("Zoo/other")
    try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
    var manifest = try String(contentsOfFile: Fixtures.path("softmax.model.json"), encoding: .utf8)
    manifest = manifest.replacingOccurrences(of: "\"id\": \"softmax\"", with: "\"id\": \"other\"")
      .replacingOccurrences(of: "\"medium\"", with: "\"purple\"")
    try manifest.write(to: other.appendingPathComponent("model.json"), atomically: true, encoding: .utf8)
    let result = try Aviary.run(
      ["compare", "--models", "all", "--data", Fixtures.pictures, "--no-cost", "--json"], in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.object["names"] as? [String] == ["logits", "softmax"])
    #expect(result.errors.contains("other is left out"))
  }
}
