import Foundation
import Testing

/// What a user sees when something is wrong: an exit status and a message that names the culprit.
@Suite struct BadInputTests {
  @Test(arguments: ["evaluate", "predict", "inspect", "bench", "run"])
  func webPageAsModel(command: String) throws {
    let folder = try TemporaryFolder()
    let page = try folder.file("model.onnx", Data("<!DOCTYPE html><html><body>404</body></html>".utf8))
    let rest =
      switch command {
      case "evaluate": ["--data", Fixtures.pictures]
      case "predict": [Fixtures.path("pictures/dark/00.png")]
      case "run": ["--inputs", "x.pb", "--output-dir", folder.path]
      default: [String]()
      }
    let result = try Aviary.run([command, page] + rest)
    #expect(result.status == 1)
    #expect(result.errors.contains(page), "\(result.errors)")
    #expect(result.output.isEmpty)
  }

  @Test(arguments: [["inspect"], ["bench"], ["run", "--output-dir", "/nowhere", "--inputs"]])
  func unsupportedOperatorsAreAllListed(arguments: [String]) throws {
    let result = try Aviary.run(
      [arguments[0], Fixtures.path("unsupported.onnx")] + arguments.dropFirst())
    #expect(result.status == 3)
    for part in [
      "Swish", "com.example", "opset 1", "NoSuchOperator", "ai.onnx", "opset 17", "first", "third",
      "fourth",
    ] {
      #expect(result.errors.contains(part), "\(part) is not in \(result.errors)")
    }
    #expect(!result.errors.contains("second"))
  }

  static let usage: [[String]] = [
    ["nonsense"], ["evaluate"], ["evaluate", "m.onnx"], ["run"], ["run", "m.onnx"],
    ["run", "--manifest", "f", "--output-dir", "d"], ["bench", "m.onnx", "--batch", "0"],
    ["bench", "m.onnx", "--precision", "fp8"], ["inspect", "m.onnx", "--disable-pass", "no-such-pass"],
    ["inspect", "m.onnx", "--shape", "input"], ["predict", "m.onnx"], ["ops", "NoSuchOperator"],
    ["predict", "m.onnx", "a.png", "--resize", "bilinear:sharp"],
    ["predict", "m.onnx", "a.png", "--size", "48"],
    ["predict", "m.onnx", "a.png", "--channels", "cmyk"], ["predict", "m.onnx", "a.png", "--scale", "1/0"],
    ["predict", "m.onnx", "a.png", "--mean", "x"], ["data", "info", "nosuchkind:/tmp"],
    ["data", "info", "/tmp"],
  ]

  @Test(arguments: usage)
  func wrongUsage(arguments: [String]) throws {
    let result = try Aviary.run(arguments)
    #expect(result.status == 2, "\(arguments): \(result.errors)")
    #expect(result.output.isEmpty)
    #expect(!result.errors.isEmpty)
  }

  /// (options, what the message must say)
  static let classes: [([String], String)] = [
    (["--labels", "dark,bright"], "has 3 classes, but 2 labels"),
    (["--labels", "dark,medium,blue"], "the data has no class for blue"),
    (["--labels", "dark,medium,medium"], "twice"),
  ]

  @Test(arguments: classes)
  func wrongClasses(options: [String], message: String) throws {
    let result = try Aviary.run(
      ["evaluate", Fixtures.path("softmax.onnx"), "--data", Fixtures.pictures] + options)
    #expect(result.status == 1)
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(result.errors.contains("softmax"))
  }

  @Test func dataWithOtherClasses() throws {
    let folder = try TemporaryFolder()
    let picture = try Data(contentsOf: Fixtures.folder.appendingPathComponent("pictures/dark/00.png"))
    for label in ["dark", "bright"] { _ = try folder.file("\(label)/a.png", picture) }
    let result = try Aviary.run([
      "evaluate", Fixtures.path("softmax.onnx"), "--data", "folder:\(folder.path)",
    ])
    #expect(result.status == 1)
    #expect(result.errors.contains("has 3 classes"), "\(result.errors)")
    #expect(result.errors.contains("has 2 (bright, dark)"), "\(result.errors)")
  }

  @Test func withoutLabelsNothingIsGuessed() throws {
    let folder = try TemporaryFolder()
    let model = try folder.file(
      "m.onnx", Data(contentsOf: Fixtures.folder.appendingPathComponent("softmax.onnx")))
    let result = try Aviary.run(["evaluate", model, "--data", Fixtures.pictures])
    #expect(result.status == 1)
    #expect(result.errors.contains("--labels"), "\(result.errors)")
    // Everything else is guessed, and said.
    #expect(result.errors.contains("pixel / 255"))
  }

  @Test func missingFilesAreNamed() throws {
    for arguments in [
      ["predict", "/nowhere/m.onnx", "a.png"], ["predict", Fixtures.path("softmax.onnx"), "/nowhere/a.png"],
      ["evaluate", Fixtures.path("softmax.onnx"), "--data", "folder:/nowhere/data"],
      ["run", "--manifest", "/nowhere/list.jsonl"], ["zoo", "list", "--zoo", "/nowhere"],
    ] {
      let result = try Aviary.run(arguments)
      #expect(result.status == 1, "\(arguments): \(result.errors)")
      #expect(result.errors.contains("/nowhere"), "\(arguments): \(result.errors)")
    }
  }
}
