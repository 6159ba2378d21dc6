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

  /// The figure in the manifest is of the labels in the manifest.
  @Test func keptLabelsKeepTheirAccuracy() throws {
    let place = try Place()
    let kept = try place.aviary(
      "add", place.model, "--labels", "alphabetical", "--data", ZooCommandTests.faces, "--id", "kept", "--license",
      "MIT", "--keep-labels", "--json")
    #expect(kept.status == 0, "\(kept.errors)")
    let manifest = try #require(kept.object["manifest"] as? [String: Any])
    let metrics = try #require((manifest["metrics"] as? [[String: Any]])?.first)
    let written = try #require(metrics["accuracy"] as? Double)
    let evaluated = try Aviary.run(["evaluate", "\(place.zoo)/kept", "--data", Self.faces, "--json"])
    let figures = try #require(evaluated.object["metrics"] as? [String: Any])
    #expect(abs(written - (figures["accuracy"] as? Double ?? 0)) < 1e-6, "\(written)")
    let trial = try #require(kept.object["trial"] as? [String: Any])
    let mistake = try #require((trial["mistakes"] as? [[String: Any]])?.last)
    #expect(abs(written - (mistake["before"] as? Double ?? 0)) < 1e-6)
    #expect(trial["labelSource"] as? String == "given")
  }

  /// The model calls a class what the data do not have, and lacks one of theirs.
  @Test func triesTheClassesThatBothHave() throws {
    let place = try Place()
    let labels = ["--labels", "angry,contempt,fear,happy,sad,surprise,neutral"]
    let text = try Aviary.run(
      ["zoo", "add", place.model, "--data", Self.faces, "--dry-run", "--zoo", place.zoo] + labels)
    #expect(text.status == 0, "\(text.errors)")
    #expect(text.output.contains("28 pictures of disgust: the model has no such class"), "\(text.output)")
    #expect(text.output.contains("no class for contempt: the given place is kept"), "\(text.output)")
    let result = try Aviary.run(
      ["zoo", "add", place.model, "--data", Self.faces, "--dry-run", "--json", "--zoo", place.zoo] + labels)
    let left = try #require(result.object["leftOut"] as? [[String: Any]])
    #expect(left.count == 1 && left[0]["class"] as? String == "disgust" && left[0]["pictures"] as? Int == 28)
    let manifest = try #require(result.object["manifest"] as? [String: Any])
    let output = try #require(manifest["output"] as? [String: Any])
    #expect(
      output["labels"] as? [String] == ["angry", "contempt", "fear", "happy", "sad", "surprise", "neutral"])
    let metrics = try #require((manifest["metrics"] as? [[String: Any]])?.first)
    #expect(metrics["data"] as? String == "168 of folder all without disgust" && metrics["samples"] as? Int == 168)
    // What cannot be tried.
    let refused: [([String], String)] = [
      (["--data", Self.faces, "--labels", "a,b,c,d,e,f,happy"], "have only happy in common"),
      (["--data", Self.faces, "--labels", "a,b,c,d,e,f,g"], "have nothing in common"),
      (["--data", Fixtures.pictures], "name the model's with --labels"),
    ]
    for (options, message) in refused {
      let result = try Aviary.run(["zoo", "add", place.model, "--dry-run", "--zoo", place.zoo] + options)
      #expect(result.status == 1 && result.errors.contains(message), "\(options): \(result.errors)")
    }
  }

  @Test func failuresChangeNothing() throws {
    let place = try Place()
    let page = try place.folder.file("page.onnx", Data("<!DOCTYPE html><title>Not found</title>".utf8))
    let zeros = String(repeating: "0", count: 64)
    let attempts: [([String], Int32, String)] = [
      (["add", place.model], 1, "--labels"),
      (["add", place.model, "--labels", "a,b"], 1, "labels are given"),
      (["add", "\(place.folder.path)/none.onnx"], 1, "no such file"),
      (["add", "file://\(page)", "--labels", "csv"], 1, "web page"),
      (["add", "file://\(place.model)", "--sha256", zeros, "--labels", "csv"], 1, "nothing was kept"),
      (["add", "file://\(place.model)", "--sha256", "12", "--labels", "csv"], 2, "64 hexadecimal digits"),
      (["add", place.model, "--labels", "csv", "--license", "not spdx!"], 2, "SPDX"),
      (["add", place.model, "--labels", "csv", "--name", "a\nb"], 2, "one line"),
      (["add", place.model, "--keep-labels", "--data", ZooCommandTests.faces], 2, "no labels are given"),
      (["add", "file://\(place.model)", "--keep-labels"], 2, "no labels are given"),
      (["pull", "--from", "\(place.folder.path)/nosuch"], 1, "nosuch: is no folder"),
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

  /// A download that cannot be used yet waits for the command with which it can.
  @Test func addressesWithoutLabels() throws {
    let place = try Place()
    let cache = try TemporaryFolder()
    let address = "file://\(place.model)"
    func add(_ arguments: String...) throws -> CommandResult {
      try Aviary.run(["zoo", "add", address, "--zoo", place.zoo] + arguments, cache: cache.path)
    }
    func parts() -> [String] {
      let names = try? FileManager.default.contentsOfDirectory(atPath: "\(cache.path)/aviary/downloads")
      return (names ?? []).filter { $0.hasSuffix(".part") }
    }
    let failed = try add()
    #expect(failed.status == 1)
    #expect(failed.errors.contains("error: \(address): the names of its 7 classes"), "\(failed.errors)")
    #expect(!failed.errors.contains(".part"), "\(failed.errors)")
    #expect(parts().count == 1)
    let tried = try add("--labels", "csv", "--dry-run")
    #expect(tried.status == 0, "\(tried.errors)")
    #expect(parts().count == 1 && place.ids.isEmpty)
    let added = try add("--labels", "csv", "--id", "mine")
    #expect(added.status == 0, "\(added.errors)")
    #expect(parts().isEmpty && place.ids == ["mine"])
    // Capitals are the same hash.
    let shown = try place.aviary("show", "mine", "--json")
    let sha256 = try #require((shown.object["file"] as? [String: Any])?["sha256"] as? String)
    let again = try add("--labels", "csv", "--id", "capitals", "--sha256", sha256.uppercased())
    #expect(again.status == 0, "\(again.errors)")
  }

  @Test func zoosThatAreNotThere() throws {
    let place = try Place()
    let zoo = "\(place.folder.path)/new zoo"
    for (arguments, isFilled) in [
      (["list"], false), (["show", "m"], false), (["verify"], false), (["rm", "m"], false), (["pull"], true),
      (["add", place.model, "--labels", "csv"], true),
    ] {
      let result = try Aviary.run(["zoo"] + arguments + ["--zoo", zoo])
      #expect(result.status == 1, "\(arguments)")
      #expect(result.errors.contains("\(zoo): there is no such folder (named by --zoo)"), "\(result.errors)")
      #expect(result.errors.contains("mkdir -p '\(zoo)'") == isFilled, "\(result.errors)")
      #expect(!FileManager.default.fileExists(atPath: zoo))
    }
  }

  /// A shell completes the names of folders, with a slash behind.
  @Test func foldersInPlaceOfIDs() throws {
    let zoo = try changed("fer-cnn-plain") { _ in }
    for command in ["show", "verify", "card"] {
      for name in ["fer-cnn-plain/", "./fer-cnn-plain", "\(zoo.path)/fer-cnn-plain/"] {
        let result = try Aviary.run(["zoo", command, name], in: zoo.url)
        // Golden pictures were not copied; what matters is which model was found.
        #expect(result.status == (command == "verify" ? 1 : 0), "\(command) \(name): \(result.errors)")
        #expect(result.output.contains(command == "card" ? "# Emotion CNN" : "fer-cnn-plain"), "\(result.output)")
      }
    }
    #expect(try Aviary.run(["zoo", "show", "fer-cnn-plain/", "--zoo", zoo.path]).status == 0)
    #expect(try Aviary.run(["zoo", "show", "."], in: zoo.url.appendingPathComponent("fer-cnn-plain")).status == 0)
    // The zoo that was named is the one that is meant.
    let other = Self.shipped.appendingPathComponent("fer-cnn-bn").path
    #expect(try Aviary.run(["zoo", "rm", other, "--zoo", zoo.path]).status == 1)
    let card = try Aviary.run(["zoo", "card", "fer-cnn-plain/", "--name", "a\nb"], in: zoo.url)
    #expect(card.status == 2 && card.errors.contains("one line"), "\(card.errors)")
  }

  /// A model that is named twice is removed once; one that is not there keeps all.
  @Test func removesAllOrNothing() throws {
    let zoo = try changed("fer-cnn-plain") { _ in }
    let folder = "\(zoo.path)/fer-cnn-plain"
    #expect(try Aviary.run(["zoo", "rm", "fer-cnn-plain", "nosuch", "--zoo", zoo.path]).status == 1)
    #expect(FileManager.default.fileExists(atPath: folder))
    let removed = try Aviary.run(["zoo", "rm", "fer-cnn-plain", "\(folder)/", "--zoo", zoo.path, "--json"])
    #expect(removed.status == 0, "\(removed.errors)")
    #expect(removed.object["removed"] as? [String] == ["fer-cnn-plain"])
    #expect(!FileManager.default.fileExists(atPath: folder))
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

  @Test func aRunThatDivergedIsTheWorst() throws {
    let folder = try TemporaryFolder()
    let good = try folder.file("good.json", Data(#"{"val_accuracy": [0.2, 0.6]}"#.utf8))
    let lost = try folder.file("lost.json", Data(#"{"loss": [2, NaN], "val_accuracy": [NaN, NaN]}"#.utf8))
    let result = try Aviary.run(["zoo", "history", lost, good])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("lost: validation accuracy without a finite value"), "\(result.output)")
    #expect(result.output.contains("lost: training loss is no finite number at epoch 2\n"))
    #expect(result.output.contains("lost: validation accuracy is no finite number at epoch 1 and 1 more"))
    let json = try Aviary.run(["zoo", "history", lost, "--json"])
    let runs = try #require(json.object["runs"] as? [[String: Any]])
    let series = try #require(runs.first?["series"] as? [[String: Any]])
    #expect(series.compactMap { $0["diverged"] as? [Int] } == [[2], [1, 2]])
  }

  @Test func stepsOfTheInputAreShown() throws {
    let zoo = try changed("fer-cnn-plain") { folder in
      let file = folder.appendingPathComponent("model.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      try text.replacingOccurrences(of: "\"resize\": {", with: "\"steps\": [{\"name\": \"equalize\"}], \"resize\": {")
        .write(to: file, atomically: true, encoding: .utf8)
    }
    let shown = try Aviary.run(["zoo", "show", "fer-cnn-plain", "--zoo", zoo.path])
    #expect(shown.output.split(separator: "\n").contains { $0.split(separator: " ") == ["steps", "equalize"] })
  }

  @Test func verifyComparesTheFamily() throws {
    let zoo = try changed("fer-cnn-plain") { folder in
      let file = folder.appendingPathComponent("model.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      try text.replacingOccurrences(of: "\"family\": \"CNN\"", with: "\"family\": \"ResNet\"")
        .write(to: file, atomically: true, encoding: .utf8)
    }
    let result = try Aviary.run(["zoo", "verify", "--zoo", zoo.path])
    #expect(result.status == 1)
    #expect(result.output.contains("family is ResNet, but the graph is recognised as CNN"), "\(result.output)")
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
