import Foundation
import TestSupport
import Testing

/// predict, inspect, bench, run, ops.
@Suite struct ModelCommandTests {
  @Test func predictsWhatONNXRuntimeDoes() throws {
    let expected = try #require(try Fixtures.golden()["logits"])
    let classes = ["bright", "dark", "medium"]
    let result = try Aviary.run(
      ["predict", Fixtures.path("logits.onnx"), "--json", "--top", "3"]
        + expected.samples.map { Fixtures.path("pictures/\($0)") })
    #expect(result.status == 0, "\(result.errors)")
    let predictions = try #require(result.json as? [[String: Any]])
    #expect(predictions.count == expected.samples.count)
    for (prediction, row) in zip(predictions, expected.probabilities) {
      let scores = try #require(prediction["scores"] as? [[String: Any]])
      for score in scores {
        let label = try #require(score["label"] as? String)
        let probability = try #require(score["probability"] as? Double)
        let index = try #require(classes.firstIndex(of: label))
        #expect(abs(probability - row[index]) < 1e-6)
      }
    }
  }

  /// `--model` in place of the argument; not both.
  @Test func modelByName() throws {
    let model = Fixtures.path("logits.onnx")
    let picture = Fixtures.path("pictures/bright/00.png")
    let (named, given) = (try Aviary.run(["inspect", "--model", model]), try Aviary.run(["inspect", model]))
    #expect(named.status == 0 && named.output == given.output, "\(named.errors)")
    for arguments in [
      ["evaluate", "--model", model, "--data", Fixtures.pictures], ["bench", "--model", model, "--runs", "1"],
      ["predict", picture, "--model", model, "--detector", "none"], ["compare", "--model", model, "--data", Fixtures.pictures],
    ] {
      let result = try Aviary.run(arguments)
      #expect(result.status == 0 && !result.output.isEmpty, "\(arguments): \(result.errors)")
    }
    #expect(try Aviary.run(["bench", model, "--model", model]).status == 2)
  }

  /// The same model without a manifest, its contract given by options.
  @Test func contractByOptions() throws {
    let folder = try TemporaryFolder()
    let model = try folder.file(
      "m.onnx", Data(contentsOf: Fixtures.folder.appendingPathComponent("logits.onnx")))
    let picture = Fixtures.path("pictures/bright/00.png")
    let options = ["--labels", "medium,bright,dark", "--scale", "1/255", "--mean", "0", "--std", "1"]
    let result = try Aviary.run(["predict", model, picture, "--json"] + options)
    let known = try Aviary.run(["predict", Fixtures.path("logits.onnx"), picture, "--json"])
    #expect(result.status == 0, "\(result.errors)")
    // The answers are the same; only the file's name differs.
    func answers(_ result: CommandResult) -> String {
      result.output.replacing(#/"model" : "[a-z]+"/#, with: "")
    }
    #expect(answers(result) == answers(known))
    let other = try Aviary.run(
      ["predict", model, picture, "--json", "--manifest", Fixtures.path("logits.model.json")])
    #expect(answers(other) == answers(known))
  }

  @Test func inspectsShapesParametersAndMultiplyAdds() throws {
    let result = try Aviary.run([
      "inspect", Fixtures.path("softmax.onnx"), "--json", "--shape", "input=4,1,8,8",
    ])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.object["parameters"] as? Int == 6)
    // One Gemm of 4x1 by 1x3.
    #expect(result.object["multiplyAdds"] as? Int == 12)
    let nodes = try #require(result.object["nodes"] as? [[String: Any]])
    #expect(nodes.compactMap { $0["op"] as? String } == ["Flatten", "ReduceMean", "Gemm", "Softmax"])
    let outputs = try #require(nodes.last?["outputs"] as? [[String: Any]])
    #expect(outputs.first?["shape"] as? String == "4x3")
  }

  /// A manifest says how a model is fed; then nothing is assumed.
  @Test func inspectShowsTheManifestsContract() throws {
    let folder = Locations.root.appendingPathComponent("Zoo/fer-keras-best").path
    let result = try Aviary.run(["inspect", folder])
    #expect(result.status == 0, "\(result.errors)")
    let lines = result.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    #expect(lines.contains("manifest \(folder)/model.json"), "\(lines.prefix(20))")
    #expect(lines.contains { $0.hasPrefix("fed 48x48 grey, ") })
    #expect(lines.contains { $0.hasPrefix("gives probabilities of angry, ") })
    #expect(!lines.contains { $0.hasPrefix("assumed") })
    // The exporter's word for a commit that it does not know is no part of its version.
    #expect(lines.contains("producer tf2onnx 1.17.0"))
    let json = try Aviary.run(["inspect", folder, "--json"])
    let contract = try #require(json.object["contract"] as? [String: Any])
    #expect((contract["output"] as? [String: Any])?["kind"] as? String == "probabilities")
    #expect((json.object["family"] as? [String: Any])?["assumed"] == nil)
    let bare = try TemporaryFolder()
    let file = try bare.file("m.onnx", Data(contentsOf: URL(fileURLWithPath: "\(folder)/model.onnx")))
    #expect(try Aviary.run(["inspect", file]).output.contains("assumed"))
  }

  /// A window is larger than the one pixel that an open extent counts as.
  @Test(.enabled(if: Locations.shared != nil, "no shared models: extents that cannot be 1 were not tried"))
  func inspectSaysHowToGiveExtents() throws {
    guard let shared = Locations.shared else { return }
    let model = shared.appendingPathComponent("models/face/mtcnn_pnet.onnx").path
    let result = try Aviary.run(["inspect", model])
    #expect(result.status == 1)
    let words = result.errors.split(whereSeparator: \.isWhitespace)
    let place = try #require(words.firstIndex(of: "--shape"), "\(result.errors)")
    let again = try Aviary.run(["inspect", model, "--shape", String(words[place + 1])])
    #expect(again.status == 0, "\(again.errors)")
  }

  @Test func benchPrintsItsKeys() throws {
    let result = try Aviary.run([
      "bench", Fixtures.path("softmax.onnx"), "--batch", "4", "--threads", "1", "--runs", "3", "--json",
    ])
    #expect(result.status == 0, "\(result.errors)")
    for key in [
      "load_ms", "first_ms", "min_ms", "median_ms", "p90_ms", "p99_ms", "images_per_s", "peak_rss_mb",
      "gflop_per_s",
    ] {
      #expect(result.object[key] is Double, "\(key)")
    }
    #expect(result.object["batch"] as? Int == 4)
    #expect(result.object["runs"] as? Int == 3)
    #expect(result.object["precision"] as? String == "fp32")
  }

  @Test func profileSaysWhereTheTimeGoes() throws {
    let result = try Aviary.run([
      "bench", Fixtures.path("softmax.onnx"), "--batch", "4", "--threads", "1", "--runs", "3", "--json",
      "--profile", "--explain",
    ])
    #expect(result.status == 0, "\(result.errors)")
    #expect((result.object["peak_gflop_per_s"] as? Double ?? 0) > 1)
    let nodes = try #require(result.object["nodes"] as? [[String: Any]])
    let gemm = try #require(nodes.first { ($0["op"] as? String)?.hasSuffix("Gemm") == true })
    for key in ["ms", "share", "gflop_per_s", "peak_share", "gb_per_s"] {
      #expect((gemm[key] as? Double ?? 0) > 0, "\(key)")
    }
    #expect(gemm["bytes_written"] as? Int == 4 * 4 * 3)
    #expect(abs(nodes.reduce(0) { $0 + ($1["share"] as? Double ?? 0) } - 1) < 1e-6)
    let operators = try #require(result.object["operators"] as? [[String: Any]])
    #expect(operators.reduce(0) { $0 + ($1["count"] as? Int ?? 0) } == nodes.count)
    let kernels = try #require(result.object["kernels"] as? [[String: Any]])
    #expect(kernels.count == nodes.count)
    #expect((result.object["passes"] as? [Any])?.isEmpty == false)
    #expect(result.object["layout_reorders"] as? Int == 0)

    let text = try Aviary.run([
      "bench", Fixtures.path("softmax.onnx"), "--runs", "1", "--profile", "--explain",
    ])
    for part in ["of peak", "GB/s", "kernel", "why", "pass constant-folding: "] {
      #expect(text.output.contains(part), "\(part)")
    }
  }

  @Test func explainsKernelsAndPasses() throws {
    let result = try Aviary.run(["inspect", Fixtures.path("softmax.onnx"), "--explain", "--json"])
    #expect(result.status == 0, "\(result.errors)")
    #expect((result.object["kernels"] as? [Any])?.isEmpty == false)
    #expect(result.object["layoutReorders"] as? Int == 0)
    let passes = try #require(result.object["passes"] as? [[String: Any]])
    #expect(passes.contains { $0["pass"] as? String == "activation-fusion" && $0["leftovers"] is [String] })
  }

  /// Another arithmetic is said wherever numbers are.
  @Test func precisionIsNeverSilent() throws {
    let model = Fixtures.path("softmax.onnx")
    let bench = try Aviary.run(["bench", model, "--runs", "1", "--precision", "bf16", "--json"])
    #expect(bench.object["precision"] as? String == "bf16", "\(bench.errors)")
    let predict = try Aviary.run(
      ["predict", model, Fixtures.path("pictures/bright/00.png"), "--precision", "bf16", "--json"])
    #expect((predict.json as? [[String: Any]])?.first?["precision"] as? String == "bf16")
    #expect(predict.errors.contains("arithmetic: bf16"))
    let evaluate = try Aviary.run(
      ["evaluate", model, "--data", Fixtures.pictures, "--precision", "bf16"])
    #expect(evaluate.output.contains("computed in bf16"), "\(evaluate.errors)")
    let compare = try Aviary.run(
      ["compare", "--models", model, "--data", Fixtures.pictures, "--precision", "bf16"])
    #expect(compare.output.contains("computed in bf16"), "\(compare.errors)")
    let json = try Aviary.run(
      ["evaluate", model, "--data", Fixtures.pictures, "--precision", "bf16", "--json"])
    #expect((json.object["model"] as? [String: Any])?["precision"] as? String == "bf16")
  }

  @Test func runsManyModelsInOneProcess() throws {
    let folder = try TemporaryFolder()
    // TensorProto of 1x1x8x8 floats: dims, data_type, raw_data.
    var tensor: [UInt8] = [0x08, 1, 0x08, 1, 0x08, 8, 0x08, 8, 0x10, 1, 0x4A, 0x80, 0x02]
    tensor += [UInt8](repeating: 0, count: 256)
    let input = try folder.file("in.pb", Data(tensor))
    let lines = [
      "{\"id\": \"good\", \"model\": \"\(Fixtures.path("softmax.onnx"))\", \"inputs\": [\"\(input)\"], "
        + "\"output_dir\": \"\(folder.path)/good\"}",
      "bad\t\(Fixtures.path("unsupported.onnx"))\t\(folder.path)/bad\t\(input)",
      "lost\t/nowhere.onnx\t\(folder.path)/lost",
    ]
    let list = try folder.file("list", Data((lines.joined(separator: "\n") + "\n").utf8))
    let result = try Aviary.run(["run", "--manifest", list])
    #expect(result.status == 0, "\(result.errors)")
    let results = result.output.split(separator: "\n").map { $0.split(separator: "\t").prefix(3) }
    #expect(
      results == [
        ["RESULT", "good", "ok"], ["RESULT", "bad", "unsupported"], ["RESULT", "lost", "error"],
      ])
    #expect(FileManager.default.fileExists(atPath: "\(folder.path)/good/output_0.pb"))
  }

  @Test func listsOperators() throws {
    let result = try Aviary.run(["ops", "--json"])
    let entries = try #require(result.json as? [[String: Any]])
    #expect(entries.contains { $0["name"] as? String == "Conv" && $0["domain"] as? String == "ai.onnx" })
  }

  @Test(arguments: [
    [], ["predict"], ["evaluate"], ["compare"], ["inspect"], ["bench"], ["run"], ["ops"], ["zoo"],
    ["zoo", "list"], ["zoo", "show"], ["zoo", "verify"], ["data"], ["data", "info"], ["data", "list"],
  ])
  func helpHasExamples(command: [String]) throws {
    let result = try Aviary.run(command + ["--help"])
    #expect(result.status == 0)
    #expect(result.output.contains("EXAMPLES\n"))
    #expect(result.output.contains("aviary \(command.joined(separator: " "))"))
    #expect(result.errors.isEmpty)
  }
}
