import Aviary
import Foundation
import TestSupport
import Testing

@Suite struct VerifyTests {
  static let shipped = Locations.root.appendingPathComponent("Zoo")

  /// A copy of a shipped model in a zoo of its own, changed by `change` (the model's folder).
  static func verify(
    _ id: String, _ change: (URL) throws -> Void = { _ in }
  ) throws -> [String: ZooVerifier.Check] {
    let zoo = FileManager.default.temporaryDirectory.appendingPathComponent("zoo-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: zoo) }
    try FileManager.default.createDirectory(at: zoo, withIntermediateDirectories: true)
    for name in [id, "samples"] {
      try FileManager.default.copyItem(
        at: shipped.appendingPathComponent(name), to: zoo.appendingPathComponent(name))
    }
    try change(zoo.appendingPathComponent(id))
    let index = ZooIndex(path: zoo.path)
    let report = try ZooVerifier(index, families: BuiltinPlugins.registry().families).verify(index.entry(id))
    return Dictionary(report.checks.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  static func edit(_ file: URL, _ part: String, _ other: String) throws {
    let text = try String(contentsOf: file, encoding: .utf8)
    try #require(text.contains(part))
    try text.replacingOccurrences(of: part, with: other).write(to: file, atomically: true, encoding: .utf8)
  }

  @Test func everyShippedModelPasses() throws {
    let zoo = ZooIndex(path: Self.shipped.path)
    #expect(zoo.ids.count >= 2)
    for entry in zoo.entries {
      let report = try ZooVerifier(zoo, families: BuiltinPlugins.registry().families).verify(entry)
      #expect(report.checks.map(\.name) == ["manifest", "file", "graph", "golden", "labels"])
      for check in report.checks { #expect(check.passed, "\(entry.id): \(check.name): \(check.message)") }
    }
  }

  @Test func changedBytesAreFound() throws {
    let checks = try Self.verify("fer-cnn-bn") { folder in
      let file = folder.appendingPathComponent("model.onnx")
      var data = try Data(contentsOf: file)
      data[data.count / 2] ^= 1
      try data.write(to: file)
    }
    #expect(checks["file"]?.passed == false)
    #expect(checks["file"]?.message.contains("sha256") == true)
  }

  @Test func aPermutedLabelListIsFound() throws {
    let checks = try Self.verify("fer-cnn-bn") { folder in
      let file = folder.appendingPathComponent("model.json")
      // The two that every model tells apart best.
      try Self.edit(file, "\"happy\"", "\"x\"")
      try Self.edit(file, "\"surprise\"", "\"happy\"")
      try Self.edit(file, "\"x\"", "\"surprise\"")
    }
    #expect(checks["golden"]?.passed == true)
    #expect(checks["labels"]?.passed == false)
    #expect(checks["labels"]?.message.contains("'happy' looks like 'surprise'") == true)
  }

  /// What cannot be checked is said; it is no failure.
  @Test func whatCannotBeChecked() throws {
    let checks = try Self.verify("fer-cnn-bn") { folder in
      let samples = folder.deletingLastPathComponent().appendingPathComponent("samples")
      try FileManager.default.removeItem(at: samples.appendingPathComponent("drawn-faces/disgust"))
      try Self.edit(folder.appendingPathComponent("model.json"), "\"golden\": \"golden.json\",", "")
    }
    #expect(checks["labels"]?.outcome == .unchecked)
    #expect(checks["labels"]?.message.contains("a folder for each of the 7 labels") == true)
    #expect(checks["golden"]?.outcome == .unchecked)
    #expect(checks["golden"]?.message.contains("names no golden file") == true)
    #expect(!checks.values.contains { !$0.passed })
  }

  /// A tolerance that accepts anything makes no check.
  @Test(arguments: ["1", "1e30"])
  func aToleranceThatNothingCanMiss(_ tolerance: String) throws {
    let checks = try Self.verify("fer-cnn-bn") { folder in
      let file = folder.appendingPathComponent("golden.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.contains("\"tolerance\"") })
      try Self.edit(file, String(line), "  \"tolerance\": \(tolerance),")
    }
    #expect(checks["golden"]?.outcome == .failed)
    #expect(checks["golden"]?.message.contains("a hundredth") == true)
  }

  @Test(arguments: ["LABEL_", "class ", "Class-"])
  func placeholdersAreNoLabels(_ word: String) throws {
    let checks = try Self.verify("fer-cnn-bn") { folder in
      for (index, name) in Shipped.classes.enumerated() {
        try Self.edit(folder.appendingPathComponent("model.json"), "\"\(name)\"", "\"\(word)\(index)\"")
      }
    }
    #expect(checks["labels"]?.outcome == .failed)
    #expect(checks["labels"]?.message.contains("\(word)0, \(word)1, ...") == true)
  }

  /// A file that an address describes and nobody has pulled is no failure of the zoo, unless it is asked for.
  @Test func filesThatWereNotPulled() throws {
    let scratch = try Scratch()
    try FileManager.default.copyItem(
      at: Self.shipped.appendingPathComponent("fer-cnn-bn"), to: scratch.url.appendingPathComponent("fer-cnn-bn"))
    try FileManager.default.removeItem(at: scratch.url.appendingPathComponent("fer-cnn-bn/model.onnx"))
    let zoo = ZooIndex(path: scratch.path)
    let entry = try zoo.entry("fer-cnn-bn")
    #expect(!ZooVerifier(zoo).verify(entry, needsFile: false).passed)
    try Self.edit(
      scratch.url.appendingPathComponent("fer-cnn-bn/model.json"), "\"file\": {",
      "\"file\": { \"url\": \"https://host.invalid/x\",")
    let linked = try zoo.entry("fer-cnn-bn")
    let report = ZooVerifier(zoo).verify(linked, needsFile: false)
    #expect(report.passed && report.checks.last?.outcome == .unchecked)
    #expect(report.checks.last?.message.contains("zoo pull fer-cnn-bn") == true)
    #expect(!ZooVerifier(zoo).verify(linked).passed)
  }

  /// (what in the manifest, what instead, the two values that the message names)
  static let claims: [(String, String, [String])] = [
    ("\"kind\": \"probabilities\"", "\"kind\": \"logits\"", ["output.kind is logits", "are probabilities"]),
    ("\"family\": \"CNN\"", "\"family\": \"ResNet\"", ["family is ResNet", "recognised as CNN"]),
    ("\"parameters\": 1132711", "\"parameters\": 5", ["parameters is 5", "the graph has 1132711"]),
  ]

  @Test(arguments: claims)
  func whatTheGraphContradicts(part: String, other: String, values: [String]) throws {
    let checks = try Self.verify("fer-cnn-bn") {
      try Self.edit($0.appendingPathComponent("model.json"), part, other)
    }
    #expect(checks["graph"]?.outcome == .failed)
    for value in values { #expect(checks["graph"]?.message.contains(value) == true, "\(checks)") }
    // What follows is checked all the same.
    #expect(checks["golden"]?.outcome == .passed)
  }

  @Test func logitsThatAreCalledProbabilities() throws {
    let scratch = try Scratch()
    let fixtures = Locations.root.appendingPathComponent("Tests/AviaryCommandTests/Fixtures")
    let text = try String(contentsOf: fixtures.appendingPathComponent("logits.model.json"), encoding: .utf8)
    try scratch.file("logits/model.json", text.replacing("\"kind\": \"logits\"", with: "\"kind\": \"probabilities\""))
    try scratch.file("logits/logits.onnx", Data(contentsOf: fixtures.appendingPathComponent("logits.onnx")))
    let zoo = ZooIndex(path: scratch.path)
    let graph = try ZooVerifier(zoo).verify(zoo.entry("logits")).checks.first { $0.name == "graph" }
    #expect(graph?.outcome == .failed)
    #expect(graph?.message.contains("output.kind is probabilities, but the outputs look like logits") == true)
    try scratch.file("logits/model.json", text)
    #expect(try ZooVerifier(zoo).verify(zoo.entry("logits")).checks.first { $0.name == "graph" }?.outcome == .passed)
  }

  /// A family that no plugin knows, of a graph that none recognises, contradicts nothing.
  @Test func aFamilyThatNobodyKnows() throws {
    let checks = try Self.verify("fer-cnn-blstm") { folder in
      let file = folder.appendingPathComponent("model.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.contains("\"family\"") })
      try Self.edit(file, String(line), "  \"family\": \"Mystery\",")
    }
    #expect(checks["graph"]?.outcome == .passed)
    #expect(checks["graph"]?.message.contains("whether its family is Mystery was not checked") == true)
  }

  /// (what in the manifest, what instead, the check that fails)
  static let faults: [(String, String, String)] = [
    ("\"width\": 48", "\"width\": 32", "graph"), ("\"name\": \"input\"", "\"name\": \"image\"", "graph"),
    ("\"disgust\",", "", "graph"), ("\"layout\": \"NCHW\"", "\"layout\": \"NHWC\"", "graph"),
    ("0.00392156862745098", "1.0", "golden"), ("\"schema\": 1", "\"schema\": 7", "manifest"),
  ]

  @Test(arguments: faults)
  func faultyManifestsAreFound(part: String, other: String, check: String) throws {
    let checks = try Self.verify("fer-cnn-bn") {
      try Self.edit($0.appendingPathComponent("model.json"), part, other)
    }
    #expect(checks[check]?.passed == false, "\(checks)")
  }
}
