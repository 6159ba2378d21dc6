import Aviary
import Foundation
import TestSupport
import Testing

@testable import AviaryZoo

@Suite struct ManifestTests {
  static let fixtures = Locations.root.appendingPathComponent("Tests/AviaryCommandTests/Fixtures")

  /// The text of a valid manifest with one part replaced, read from a file.
  static func read(replacing part: String = "", with other: String = "") throws -> ModelManifest {
    var text = try String(contentsOf: fixtures.appendingPathComponent("softmax.model.json"), encoding: .utf8)
    if !part.isEmpty {
      try #require(text.contains(part))
      text = text.replacingOccurrences(of: part, with: other)
    }
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).json").path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try ModelManifest(contentsOf: path)
  }

  @Test func readsAManifest() throws {
    let manifest = try Self.read()
    #expect(manifest.id == "softmax")
    #expect(manifest.output.labels == ["dark", "medium", "bright"])
    #expect(manifest.output.kind == .probabilities)
    #expect(manifest.input.width == 8 && manifest.input.layout == .nchw && manifest.input.resize == nil)
    let copy = try JSONDecoder().decode(ModelManifest.self, from: JSONEncoder().encode(manifest))
    #expect(copy.input == manifest.input && copy.output == manifest.output && copy.file == manifest.file)
  }

  /// (part, replacement, what the error must say)
  static let faults: [(String, String, String)] = [
    ("\"schema\": 1", "\"schema\": 2", "schema is 2"),
    ("\"id\": \"softmax\"", "\"id\": \"../x\"", "id '../x'"),
    ("\"task\": \"classification\"", "\"task\": \"poetry\"", "poetry"),
    ("\"path\": \"softmax.onnx\"", "\"path\": \"../softmax.onnx\"", "file.path"),
    ("\"path\": \"softmax.onnx\"", "\"path\": \"/etc/passwd\"", "file.path"),
    ("\"sha256\": \"", "\"sha256\": \"X", "file.sha256"),
    ("\"bytes\": ", "\"bytes\": -", "file.bytes"),
    ("\"family\"", "\"familly\"", "familly"),
    ("\"exporter\"", "\"exportor\"", "source.exportor"),
    ("\"layout\": \"NCHW\"", "\"layout\": \"CHWN\"", "layout"),
    ("\"width\": 8", "\"width\": 0", "width"),
    ("\"width\": 8", "\"width\": \"8\"", "width"),
    (
      "\"kind\": \"probabilities\"", "\"kind\": \"scores\"",
      "output.kind: 'scores' is none of 'logits', 'probabilities'"
    ),
    ("\"license\": \"Apache-2.0\"", "\"license\": \"\"", "license: is empty"),
    ("\"schema\": 1,", "\"schema\": 1,,", "is not valid JSON: something is wrong at line 2, column 15"),
    ("\"mean\": [", "\"mean\": [ 0.5,", "input.mean: has 2 values; needs 1 for grey"),
    ("\"width\": 8", "\"width\": 8.5", "input.width"),
    ("\"medium\"", "\"dark\"", "'dark' twice"),
    ("{", "[", "JSON"), ("\"medium\"", "\"\\u001b[31mmedium\"", "output.labels[1] has control characters"),
    ("\"medium\"", "\"medium\\u202e\"", "output.labels[1] has control characters"),
    ("\"name\":", "\"na\\u0007me\":", "a key of input has control characters"),
    ("\"std\":", "\"standardize\": \"pixel\", \"std\":", "standardize"),
  ]

  @Test(arguments: faults)
  func namesTheFault(part: String, other: String, message: String) {
    let error = #expect(throws: ZooError.self) { try Self.read(replacing: part, with: other) }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    #expect(error?.description.contains(".json") == true)
  }

  @Test(arguments: [("", "is empty"), ("[1, 2]", "no object"), ("{\"schema\": 1", "ends too early")])
  func filesThatAreNoManifests(_ text: String, _ message: String) throws {
    let scratch = try Scratch()
    let path = try scratch.file("model.json", text)
    let error = #expect(throws: ZooError.self) { try ModelManifest(contentsOf: path) }
    #expect(error?.description.hasPrefix(path) == true)
    #expect(error?.description.contains(message) == true, "\(String(describing: error))")
  }

  @Test func textThatSteersATerminalIsShown() {
    #expect("a\u{1B}[2Jb\u{9B}c\u{202E}d\u{7F}".printable == "a\\u{1B}[2Jb\\u{9B}c\\u{202E}d\\u{7F}")
    #expect("two\nlines\tand é 顔 🙂".printable == "two\nlines\tand é 顔 🙂")
    #expect("back\rover".printable == "back\\u{D}over")
  }

  @Test func standardizationIsRead() throws {
    let manifest = try Self.read(replacing: "\"std\":", with: "\"standardize\": \"image\", \"std\":")
    #expect(manifest.input.standardize == .image)
    let text = try manifest.text(path: "model.json")
    #expect(text.contains("\"standardize\": \"image\""))
  }

  @Test func shippedManifestsAreRead() throws {
    let zoo = ZooIndex(path: Locations.root.appendingPathComponent("Zoo").path)
    #expect(zoo.entries.count >= 2)
    for entry in zoo.entries { #expect(throws: Never.self) { try entry.manifest.get() } }
  }

  /// FIPS 180-2, appendix B.1.
  @Test func digestOfAFile() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data("abc".utf8).write(to: URL(fileURLWithPath: path))
    let digest = try FileDigest(contentsOf: path)
    #expect(digest.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(digest.bytes == 3)
  }

  /// The sequence that the generator's other implementations give for seed 1234567.
  @Test func splitMix64() {
    var random = SplitMix64(state: 1_234_567)
    #expect(
      (0..<3).map { _ in random.next() } == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      ])
  }
}
