import Foundation
import TestSupport
import Testing

/// `aviary zoo` as a user gives it.
@Suite struct ZooCommandTests {
  static let shipped = Locations.root.appendingPathComponent("Zoo")
  static let faces = "folder:\(shipped.appendingPathComponent("samples/drawn-faces").path)"

  /// An empty zoo and the shipped model alone, without its manifest.
  private struct Place {
    let folder: TemporaryFolder
    let model: String
    var zoo: String { folder.url.appendingPathComponent("Zoo").path }

    init() throws {
      folder = try TemporaryFolder()
      model = try folder.file(
        "renamed.onnx", Data(contentsOf: shipped.appendingPathComponent("fer-cnn-bn/model.onnx")))
      try FileManager.default.createDirectory(atPath: "\(folder.path)/Zoo", withIntermediateDirectories: true)
    }

    func aviary(_ arguments: String...) throws -> CommandResult {
      try Aviary.run(["zoo"] + arguments + ["--zoo", zoo])
    }

    var ids: [String] { (try? FileManager.default.contentsOfDirectory(atPath: zoo))?.sorted() ?? [] }
  }

  @Test func addsWithPictures() throws {
    let place = try Place()
    let added = try place.aviary(
      "add", place.model, "--id", "mine", "--license", "MIT", "--data", ZooCommandTests.faces, "--samples",
      "140",
      "--scale", "1", "--json")
    #expect(added.status == 0, "\(added.errors)")
    #expect(added.object["family"] as? String == "CNN")
    let trial = try #require(added.object["trial"] as? [String: Any])
    #expect(
      trial["labels"] as? [String] == ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"])
    let mistakes = try #require(trial["mistakes"] as? [[String: Any]])
    #expect(mistakes.map { $0["part"] as? String } == ["numbers"])
    #expect(mistakes.first?["found"] as? String == "-1...1")
    #expect(place.ids == ["mine"])

    #expect(try place.aviary("verify", "mine").status == 0)
    let listed = try #require(try place.aviary("list", "--json").json as? [[String: Any]])
    #expect(listed.first?["id"] as? String == "mine")
    #expect((listed.first?["multiplyAdds"] as? Int ?? 0) > 1_000_000)
    #expect((listed.first?["milliseconds"] as? Double ?? 0) > 0)
    #expect(try place.aviary("card", "mine").output.hasPrefix("# mine\n"))
    #expect(try place.aviary("index").status == 0)
    #expect(try place.aviary("index", "--check").status == 0)
    #expect(try place.aviary("rm", "mine").status == 0)
    #expect(place.ids == ["index.json"])
    #expect(try place.aviary("index", "--check").status == 1)
  }

  @Test func warnsOfPermutedLabels() throws {
    let place = try Place()
    let result = try place.aviary(
      "add", place.model, "--labels", "alphabetical", "--data", ZooCommandTests.faces, "--samples", "140",
      "--dry-run")
    #expect(result.status == 0)
    #expect(result.errors.contains("the label order is wrong"))
    #expect(result.output.contains("probabilities of angry, disgust, fear, happy, sad, surprise, neutral"))
    #expect(place.ids.isEmpty)
    let kept = try place.aviary(
      "add", place.model, "--labels", "alphabetical", "--data", ZooCommandTests.faces, "--samples", "140",
      "--dry-run",
      "--keep-labels")
    #expect(kept.errors.contains("the label order is wrong"))
    #expect(kept.output.contains("probabilities of angry, disgust, fear, happy, neutral, sad, surprise"))
  }

  @Test func failuresChangeNothing() throws {
    let place = try Place()
    let page = try place.folder.file("page.onnx", Data("<!DOCTYPE html><title>Not found</title>".utf8))
    let attempts: [([String], Int32, String)] = [
      (["add", place.model], 1, "--labels"),
      (["add", place.model, "--labels", "a,b"], 1, "labels are given"),
      (["add", "\(place.folder.path)/none.onnx"], 1, "no such file"),
      (["add", "file://\(page)", "--labels", "csv"], 1, "web page"),
      (["add", "file://\(place.model)", "--sha256", "00", "--labels", "csv"], 1, "nothing was kept"),
      (["add", page, "--labels", "csv"], 1, "page.onnx"),
      (["add", place.model, "--labels", "csv", "--link"], 2, "--link"),
      (["rm", "nobody"], 1, "nobody"), (["pull", "nobody"], 1, "nobody"),
    ]
    for (arguments, status, message) in attempts {
      let result = try Aviary.run(["zoo"] + arguments + ["--zoo", place.zoo])
      #expect(result.status == status, "\(arguments): \(result.errors)")
      #expect(result.errors.contains(message), "\(arguments): \(result.errors)")
      #expect(place.ids.isEmpty, "\(arguments)")
    }
  }

  /// A zoo of one shipped model whose folder `change` has worked on.
  private func changed(_ id: String, _ change: (URL) throws -> Void) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let copy = folder.url.appendingPathComponent(id)
    try FileManager.default.copyItem(at: Self.shipped.appendingPathComponent(id), to: copy)
    try change(copy)
    return folder
  }

  @Test func tamperedWeightsAreNotJudgedWith() throws {
    let zoo = try changed("fer-cnn-plain") { folder in
      let file = folder.appendingPathComponent("model.onnx")
      var data = try Data(contentsOf: file)
      data[data.count / 2] ^= 1
      try data.write(to: file)
    }
    let model = "\(zoo.path)/fer-cnn-plain"
    let picture = Self.shipped.appendingPathComponent("samples/drawn-faces/happy/000.png").path
    let refused = [
      ["predict", model, picture], ["evaluate", model, "--data", Self.faces],
      ["compare", "--models", model, "--data", Self.faces],
    ]
    for arguments in refused {
      let result = try Aviary.run(arguments)
      #expect(result.status == 1 && result.output.isEmpty, "\(arguments): \(result.output)")
      #expect(result.errors.contains("is not the file that its manifest describes"), "\(result.errors)")
    }
    // Looking at it is no judgement.
    for arguments in [["inspect", model], ["bench", model, "--runs", "1"]] {
      let result = try Aviary.run(arguments)
      #expect(result.status == 0)
      #expect(result.errors.contains("warning: \(model)/model.onnx: is not the file"), "\(result.errors)")
    }
    #expect(try Aviary.run(["zoo", "verify", "--zoo", zoo.path]).status == 1)
    #expect(try Aviary.run(["zoo", "list", "--quick", "--zoo", zoo.path]).status == 0)
  }

  /// What a manifest says must not steer the terminal that shows it.
  @Test func manifestsDoNotSteerTheTerminal() throws {
    let zoo = try changed("fer-cnn-plain") { folder in
      let file = folder.appendingPathComponent("model.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      try text.replacingOccurrences(of: "\"Apache-2.0\"", with: "\"\\u001b]0;owned\\u0007MIT\"")
        .write(to: file, atomically: true, encoding: .utf8)
    }
    for command in [["show", "fer-cnn-plain"], ["card", "fer-cnn-plain"], ["list"], ["verify"], ["index"]] {
      let result = try Aviary.run(["zoo"] + command + ["--zoo", zoo.path])
      #expect(result.status == 1, "\(command)")
      let said = result.output + result.errors
      #expect(said.contains("license has control characters"), "\(command): \(said)")
      #expect(!said.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" }, "\(command)")
    }
    // Names of files and in graphs come from others too.
    let folder = try TemporaryFolder()
    let model = try folder.file("a\u{1B}[31m.onnx", Data("no model".utf8))
    let errors = try Aviary.run(["inspect", model]).errors
    #expect(errors.contains("\\u{1B}[31m.onnx") && !errors.contains("\u{1B}"), "\(errors)")
  }

  @Test func listsVerifiesAndPullsDetectors() throws {
    let zoo = try changed("face-yunet") { folder in
      try? FileManager.default.removeItem(at: folder.appendingPathComponent("model.onnx"))
    }
    func aviary(_ arguments: String...) throws -> CommandResult {
      try Aviary.run(["zoo"] + arguments + ["--zoo", zoo.path])
    }
    let listed = try aviary("list")
    #expect(listed.output.contains("face-yunet") && listed.output.contains("not pulled"), "\(listed.output)")
    let entries = try #require(try aviary("list", "--json").json as? [[String: Any]])
    #expect(entries.first?["task"] as? String == "face-detection" && entries.first?["isThere"] as? Bool == false)
    #expect(try aviary("show", "face-yunet").output.contains("--detector yunet"))
    #expect(try aviary("verify").status == 0)
    #expect(try aviary("verify", "face-yunet").status == 1)
    #expect(try aviary("index").status == 0)
    let model = try Aviary.run(["predict", "\(zoo.path)/face-yunet", Fixtures.path("pictures/dark/00.png")])
    #expect(model.status == 1 && model.errors.contains("--detector yunet"), "\(model.errors)")
    guard let shared = Locations.shared else { return }
    let pulled = try aviary("pull", "--from", shared.appendingPathComponent("models/face").path)
    #expect(pulled.status == 0, "\(pulled.errors)")
    #expect(try aviary("verify", "face-yunet").status == 0)
  }

  @Test func drawsHistories() throws {
    let folder = try TemporaryFolder()
    let a = try folder.file("a.json", Data(#"{"loss": [2, 1], "val_accuracy": [0.2, 0.6]}"#.utf8))
    let b = try folder.file("b.csv", Data("epoch,loss,val_accuracy\n1,2,0.3\n2,1.5,0.4\n".utf8))
    let result = try Aviary.run(["zoo", "history", b, a, "--output", "\(folder.path)/out"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("best   a: validation accuracy 0.6000"))
    #expect(result.output.contains("worst  b: validation accuracy 0.4000"))
    let files = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/out").sorted()
    #expect(files == ["accuracy.png", "accuracy.svg", "loss.png", "loss.svg", "runs.png", "runs.svg"])
    #expect(try Aviary.run(["zoo", "history", "\(folder.path)/none.json"]).status == 1)
  }

  /// Models of other exporters, layouts and sizes take each other's place without another flag.
  @Test(.enabled(if: Locations.shared != nil, "no shared models: exchanging one for another was not tried"))
  func modelsAreExchangeable() throws {
    guard let shared = Locations.shared else { return }
    let place = try Place()
    for name in ["fer2013_mini_xception_119-0_65", "faceapi_face_expression"] {
      let added = try place.aviary(
        "add", shared.appendingPathComponent("models/fer/\(name).onnx").path, "--data",
        "fer2013:\(shared.appendingPathComponent("data/fer2013").path)", "--samples", "300", "--license",
        "MIT")
      #expect(added.status == 0, "\(added.errors)")
    }
    let first = try place.aviary("add", place.model, "--labels", "csv", "--license", "MIT", "--id", "cnn")
    #expect(first.status == 0, "\(first.errors)")
    let picture = shared.appendingPathComponent("data/photos/astronaut.png").path
    for id in place.ids {
      let result = try Aviary.run(["predict", "\(place.zoo)/\(id)", picture])
      #expect(result.status == 0, "\(id): \(result.errors)")
      #expect(result.errors.isEmpty, "\(id) is fed by guess: \(result.errors)")
    }
  }
}
