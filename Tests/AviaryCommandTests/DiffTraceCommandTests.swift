import Foundation
import TestSupport
import Testing

/// `aviary diff` and `aviary trace` on shipped models and on damaged copies of them.
@Suite struct DiffTraceCommandTests {
  private static func zoo(_ id: String) -> String { Locations.root.appendingPathComponent("Zoo/\(id)").path }

  static let python: URL? = {
    if Locations.python == nil { print("not run: diff and trace of damaged models (no Python environment)") }
    return Locations.python
  }()

  private static func run(_ python: URL, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = python
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(arguments)")
  }

  private static func damaged(_ kind: String, _ id: String, in folder: TemporaryFolder, by python: URL) throws
    -> String
  {
    let made = "\(folder.path)/\(kind).onnx"
    let script = Locations.root.appendingPathComponent("Tests/AviaryCommandTests/damage.py").path
    try run(python, [script, kind, "\(zoo(id))/model.onnx", made])
    return made
  }

  @Test func aModelAndItself() throws {
    let model = Self.zoo("fer-cnn-bn")
    let diff = try Aviary.run(["diff", model, model])
    #expect(diff.status == 0, "\(diff.errors)")
    #expect(diff.output.contains("no difference"))
    let trace = try Aviary.run(["trace", model, "--compare", model, "--json"])
    #expect(trace.status == 0, "\(trace.errors)")
    #expect(trace.object["agrees"] as? Bool == true && trace.object["largestAgreeing"] as? Double == 0)
    let text = try Aviary.run(["trace", model, "--compare", model])
    #expect(
      text.output.contains("no node differs") && text.output.contains("after the optimizer's passes: agrees"))
  }

  @Test func twoModels() throws {
    let models = [Self.zoo("fer-cnn-bn"), Self.zoo("fer-cnn-plain")]
    let diff = try Aviary.run(["diff"] + models + ["--list", "2"])
    #expect(diff.status == 4, "\(diff.errors)")
    #expect(diff.output.contains("more (--list)"))
    let json = try Aviary.run(["diff"] + models + ["--json"])
    #expect(json.object["same"] as? Bool == false)
    #expect(try Aviary.run(["trace", models[0], "--compare", models[1]]).status == 4)
  }

  @Test func oneWeight() throws {
    guard let python = Self.python else { return }
    let folder = try TemporaryFolder()
    let model = Self.zoo("fer-cnn-bn")
    let made = try Self.damaged("weight", "fer-cnn-bn", in: folder, by: python)
    let diff = try Aviary.run(["diff", model, made, "--json"])
    #expect(diff.status == 4, "\(diff.errors)")
    let graph = try #require(diff.object["graph"] as? [String: Any])
    let weights = try #require(graph["weights"] as? [[String: Any]])
    #expect(weights.count == 1)
    #expect((weights[0]["difference"] as? [String: Any])?["differing"] as? Int == 1)
    for key in ["attributes", "onlyFirst", "onlySecond", "rewired", "inputs", "outputs"] {
      #expect((graph[key] as? [Any])?.isEmpty == true, "\(key)")
    }
    let picture = Locations.root.appendingPathComponent("Zoo/samples/drawn-faces/angry/000.png").path
    for input in [[], ["--picture", picture]] {
      // The copy has no manifest beside it.
      let manifest = input.isEmpty ? [] : ["--manifest", "\(model)/model.json"]
      let trace = try Aviary.run(
        ["trace", "\(model)/model.onnx", "--compare", made, "--tolerance", "1e-6", "--json"] + input
          + manifest)
      #expect(trace.status == 4, "\(trace.errors)")
      let first = try #require(trace.object["first"] as? [String: Any])
      #expect(first["node"] as? String == weights[0]["node"] as? String)
      #expect(
        (first["weights"] as? [[String: Any]])?.map { $0["name"] as? String } == [
          weights[0]["name"] as? String
        ])
    }
    let text = try Aviary.run(["trace", model, "--compare", made, "--tolerance", "1e-6"])
    #expect(text.output.contains("first difference: node"))
    #expect(text.output.contains("1 of "), "\(text.output)")
  }

  /// int8 storage, and quantised activations between all nodes as ONNX Runtime's tools write them.
  @Test(arguments: ["quantised", "int8"])
  func quantisedExports(_ kind: String) throws {
    guard let python = Self.python else { return }
    let folder = try TemporaryFolder()
    let made = try Self.damaged(kind, "fer-cnn-plain", in: folder, by: python)
    let diff = try Aviary.run(["diff", Self.zoo("fer-cnn-plain"), made, "--json"])
    #expect(diff.status == 4, "\(diff.errors)")
    let graph = try #require(diff.object["graph"] as? [String: Any])
    // ONNX Runtime's tools leave Relu to the border of the quantised values.
    let gone = graph["onlyFirst"] as? [[String: Any]] ?? []
    #expect(gone.allSatisfy { kind == "int8" && $0["operator"] as? String == "Relu" }, "\(gone)")
    let stored = (graph["weights"] as? [[String: Any]] ?? []).compactMap { $0["secondStored"] as? String }
    #expect(stored.contains { $0.hasPrefix("int8") }, "\(stored)")
    let trace = try Aviary.run(["trace", Self.zoo("fer-cnn-plain"), "--compare", made])
    #expect(trace.status == 4, "\(trace.errors)")
    #expect(trace.output.contains("(Conv)"), "\(trace.output)")
  }

  /// ONNX Runtime's values of every node of a shipped model; then of a damaged one.
  @Test func valuesThatONNXRuntimeDumped() throws {
    guard let python = Self.python else { return }
    let folder = try TemporaryFolder()
    let script = Locations.root.appendingPathComponent("Zoo/tools/dump_values.py").path
    let model = Self.zoo("fer-cnn-bn")
    let made = try Self.damaged("weight", "fer-cnn-bn", in: folder, by: python)
    for (file, name) in [("\(model)/model.onnx", "whole"), (made, "damaged")] {
      try Self.run(python, [script, file, "\(folder.path)/\(name)"])
    }
    let agrees = try Aviary.run(["trace", model, "--compare", "\(folder.path)/whole", "--json"])
    #expect(agrees.status == 0, "\(agrees.output) \(agrees.errors)")
    #expect(agrees.object["compared"] as? Int == agrees.object["nodes"] as? Int)
    #expect((agrees.object["compared"] as? Int ?? 0) > 10)
    let parts = try Aviary.run(["trace", model, "--compare", "\(folder.path)/damaged", "--tolerance", "1e-5"])
    #expect(parts.status == 4, "\(parts.errors)")
    #expect(parts.output.contains("(Conv)") || parts.output.contains("(Gemm)"), "\(parts.output)")
    #expect(parts.output.contains("the values are of another file"))
    // A value that is not what it was.
    let index = try String(contentsOfFile: "\(folder.path)/whole/index.json", encoding: .utf8)
    try index.replacingOccurrences(of: "\"00003.pb\"", with: "\"../00003.pb\"")
      .write(toFile: "\(folder.path)/whole/index.json", atomically: true, encoding: .utf8)
    let outside = try Aviary.run(["trace", model, "--compare", "\(folder.path)/whole"])
    #expect(outside.status == 1)
    #expect(outside.errors.contains("does not lie in the folder"))
  }

  @Test func goldenValues() throws {
    let model = Self.zoo("fer-cnn-bn")
    let agrees = try Aviary.run(["trace", model, "--compare", "golden", "--json"])
    #expect(agrees.status == 0, "\(agrees.output) \(agrees.errors)")
    #expect((agrees.object["compared"] as? Int ?? 0) > 10)
    guard let python = Self.python else { return }
    let folder = try TemporaryFolder()
    let made = try Self.damaged("weight", "fer-cnn-bn", in: folder, by: python)
    let trace = try Aviary.run(
      [
        "trace", made, "--manifest", "\(model)/model.json", "--compare", "golden", "--json", "--tolerance",
        "1e-6",
      ])
    #expect(trace.status == 4, "\(trace.errors)")
    let diff = try Aviary.run(["diff", model, made, "--json"])
    let weights = (diff.object["graph"] as? [String: Any])?["weights"] as? [[String: Any]]
    #expect(
      (trace.object["first"] as? [String: Any])?["node"] as? String == weights?.first?["node"] as? String)
  }

  @Test func whatCannotBeCompared() throws {
    let folder = try TemporaryFolder()
    let model = Self.zoo("fer-cnn-bn")
    let text = try folder.file("text.onnx", Data("no model".utf8))
    let empty = "\(folder.path)/empty"
    try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
    let index = try folder.file("bad/index.json", Data("{\"format\": 2}".utf8))
    let attempts: [([String], Int32, String)] = [
      (["diff", model, text], 1, "text.onnx"), (["diff", model, "/nowhere.onnx"], 1, "/nowhere.onnx"),
      (["diff", model], 2, "second"), (["diff", model, model, "--list", "-1"], 2, "--list"),
      (["trace", model], 2, "--compare"), (["trace", model, "--compare", text], 1, "text.onnx"),
      (["trace", model, "--compare", empty], 1, "index.json"),
      (
        ["trace", model, "--compare", URL(fileURLWithPath: index).deletingLastPathComponent().path], 1,
        "index.json"
      ),
      (["trace", "\(model)/model.onnx", "--compare", model, "--inputs", text], 1, "text.onnx"),
      (["trace", model, "--compare", model, "--picture", text], 1, "text.onnx"),
      (["trace", model, "--compare", model, "--picture", text, "--inputs", text], 2, "one is enough"),
      (["trace", model, "--compare", "golden", "--picture", text], 2, "its own inputs"),
      (["trace", Fixtures.path("softmax.onnx"), "--compare", "golden"], 2, "golden"),
      (["trace", model, "--compare", model, "--tolerance", "-1"], 2, "--tolerance"),
      (["trace", model, "--compare", model, "--shape", "nothing=1"], 1, "nothing"),
    ]
    for (arguments, status, part) in attempts {
      let result = try Aviary.run(arguments)
      #expect(result.status == status, "\(arguments): \(result.status) \(result.errors)")
      #expect(result.errors.contains(part), "\(arguments): \(result.errors)")
    }
  }
}
