import Foundation
import TestSupport
import Testing

/// Faces in photos, folders and films as a user of the command meets them.
@Suite struct PredictCommandTests {
  private static let zoo = Locations.root.appendingPathComponent("Zoo").path
  private static let drawn = Locations.root.appendingPathComponent("Zoo/samples/drawn-faces").path
  private static let films = Locations.root.appendingPathComponent("Tests/AviaryImageTests/Films").path
  private static let models = "\(zoo)/fer-cnn-bn,\(zoo)/fer-cnn-plain"

  /// The shared photos and weights, or a line that says what was not run.
  private func shared(_ what: String) -> String? {
    if Locations.shared == nil { print("not run: \(what) (AVIARY_SHARED has the photos)") }
    return Locations.shared?.path
  }

  private func drawnFace(_ label: String) throws -> String {
    let folder = "\(Self.drawn)/\(label)"
    let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).sorted().first)
    return "\(folder)/\(name)"
  }

  @Test func facesOfAPhotoFromSeveralModels() throws {
    guard let shared = shared("faces of a photo") else { return }
    let folder = try TemporaryFolder()
    let photo = "\(shared)/data/photos/astronaut.png"
    let result = try Aviary.run([
      "predict", photo, "--models", Self.models, "--detector", "yunet:\(shared)/models/face", "--json", "--top",
      "7",
      "--annotate", "\(folder.path)/out.png",
    ])
    #expect(result.status == 0, "\(result.errors)")
    let entries = try #require(result.json as? [[String: Any]])
    #expect(entries.compactMap { $0["model"] as? String } == ["fer-cnn-bn", "fer-cnn-plain"])
    let face = try #require(entries[0]["face"] as? [String: Any])
    #expect(abs((face["x"] as? Double ?? 0) - 178) < 8 && abs((face["width"] as? Double ?? 0) - 90) < 8)
    #expect((entries[0]["scores"] as? [Any])?.count == 7)
    // IHDR of the annotated picture: the photo's 512 x 512.
    let png = try [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/out.png")))
    #expect(Array(png[16..<24]) == [0, 0, 2, 0, 0, 0, 2, 0])
    let table = try Aviary.run(
      ["predict", photo, "--models", Self.models, "--detector", "auto:\(shared)/models/face"])
    #expect(table.output.contains("fer-cnn-plain") && table.errors.contains("detector: yunet"))
  }

  /// The most accurate model answers where none is named, but not one that is made for sequences.
  @Test func aPhotoIsNoSequence() throws {
    let folder = try TemporaryFolder()
    let zoo = "\(folder.path)/Zoo"
    try FileManager.default.createDirectory(atPath: zoo, withIntermediateDirectories: true)
    for id in ["fer-cnn-bn", "fer-cnn-blstm"] {
      try FileManager.default.copyItem(atPath: "\(Self.zoo)/\(id)", toPath: "\(zoo)/\(id)")
      // Which of the two has the higher accuracy must not decide.
      let path = "\(zoo)/\(id)/model.json"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      let accuracy = id == "fer-cnn-bn" ? "0.1" : "0.9"
      try text.replacing(/"accuracy": [0-9.]+/, with: "\"accuracy\": \(accuracy)").write(
        toFile: path, atomically: true, encoding: .utf8)
    }
    let result = try Aviary.run(
      ["predict", try drawnFace("happy"), "--detector", "none"], in: URL(fileURLWithPath: folder.path))
    #expect(result.status == 0 && result.errors.contains("model: fer-cnn-bn,"), "\(result.errors)")
  }

  @Test func noFaceIsAnAnswer() throws {
    guard let shared = shared("a picture without a face") else { return }
    let picture = Fixtures.path("pictures/dark/00.png")
    for json in [[], ["--json"]] {
      let result = try Aviary.run(
        [
          "predict", picture, "--models", "\(Self.zoo)/fer-cnn-bn", "--detector",
          "ultraface:\(shared)/models/face",
        ]
          + json)
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.errors.contains("no face was found"))
      #expect(json.isEmpty ? result.output.contains("no face") : (result.json as? [Any])?.count == 1)
    }
  }

  @Test func aFolderEndsWithTotals() throws {
    let folder = try TemporaryFolder()
    for (index, label) in ["happy", "happy", "sad"].enumerated() {
      let picture = try Data(contentsOf: URL(fileURLWithPath: drawnFace(label)))
      _ = try folder.file("in/\(index)/face.png", picture)
    }
    _ = try folder.file("in/broken.png", Data("no picture".utf8))
    let result = try Aviary.run([
      "predict", "\(folder.path)/in", "--models", "\(Self.zoo)/fer-cnn-bn", "--detector", "none",
      "--annotate",
      "\(folder.path)/out",
    ])
    // The broken file is said and does not hide the answers.
    #expect(result.status == 1 && result.errors.contains("broken.png"))
    #expect(result.output.contains("3 pictures, 3 faces, 0 pictures without a face"))
    #expect(result.output.contains("66.7 %") && result.output.contains("33.3 %"))
    let drawings = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/out").sorted()
    #expect(drawings == ["face-2.png", "face-3.png", "face.png"])
  }

  @Test(arguments: ["film.avi", "film.mjpeg"])
  func aFilmGivesALineForEachFrame(_ name: String) throws {
    let folder = try TemporaryFolder()
    let arguments = ["predict", "--video", "\(Self.films)/\(name)", "--models", Self.models, "--detector", "none"]
    let result = try Aviary.run(arguments + ["--output", folder.path, "--smoothing", "0.2"])
    #expect(result.status == 0, "\(result.errors)")
    let csv = try String(contentsOfFile: "\(folder.path)/frames.csv", encoding: .utf8)
    let lines = csv.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(lines.count == 1 + 6 * 2)
    #expect(lines.allSatisfy { $0.count == 11 + 14 })
    #expect(lines[0].prefix(3) == ["frame", "seconds", "face"])
    // One face all the time; each row of probabilities sums to one.
    for line in lines.dropFirst() {
      #expect(line[2] == "1")
      for part in [line[11..<18], line[18..<25]] {
        #expect(abs(part.reduce(0) { $0 + (Double($1) ?? .nan) } - 1) < 1e-4)
      }
    }
    #expect(lines.last?[1] == (name == "film.avi" ? "0.4000" : "0.2000"))
    for model in ["fer-cnn-bn", "fer-cnn-plain"] {
      for ending in ["svg", "png"] {
        #expect(FileManager.default.fileExists(atPath: "\(folder.path)/timeline-\(model).\(ending)"))
      }
    }
    let plain = try Aviary.run(arguments)
    #expect(plain.status == 0 && plain.output.split(separator: "\n").count == 13)
  }

  @Test func damagedFramesAreSaid() throws {
    let result = try Aviary.run([
      "predict", "--video", "\(Self.films)/damaged.mjpeg", "--models", "\(Self.zoo)/fer-cnn-bn", "--detector",
      "none",
      "--json",
    ])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("skipped: ") && result.errors.contains("could not be read"))
    #expect((result.json as? [Any])?.isEmpty == false)
  }

  @Test func tapWritesWhatNumPyReads() throws {
    let folder = try TemporaryFolder()
    let output = "\(folder.path)/features.npy"
    let faces = [try drawnFace("happy"), try drawnFace("sad")]
    let nodes = try Aviary.run(["inspect", "\(Self.zoo)/fer-cnn-bn", "--json", "--no-optimize"])
    let names = try #require(nodes.object["nodes"] as? [[String: Any]]).compactMap { $0["name"] as? String }
    let node = try #require(names.last { !$0.isEmpty })
    let result = try Aviary.run(
      ["predict", "\(Self.zoo)/fer-cnn-bn"] + faces + ["--tap", node, "--output", output])
    #expect(result.status == 0, "\(result.errors)")
    guard let python = Locations.python else {
      print("not run: features read by NumPy (no Python environment)")
      return
    }
    let script = try folder.file(
      "read.py",
      Data(
        """
        import sys, json, numpy
        a = numpy.load(sys.argv[1])
        print(json.dumps({"shape": a.shape, "type": str(a.dtype), "p": a.tolist()}))
        """.utf8))
    let process = Process()
    let pipe = Pipe()
    process.executableURL = python
    process.arguments = [script, output]
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let read = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(read["shape"] as? [Int] == [2, 7] && read["type"] as? String == "float32")
    // The last node gives the probabilities.
    let rows = try #require(read["p"] as? [[Double]])
    let answers = try Aviary.run(["predict", "\(Self.zoo)/fer-cnn-bn"] + faces + ["--json", "--top", "1"])
    for (row, entry) in zip(rows, try #require(answers.json as? [[String: Any]])) {
      let best = (entry["scores"] as? [[String: Any]])?.first?["probability"] as? Double
      #expect(abs((row.max() ?? 0) - (best ?? 9)) < 1e-5)
    }
  }

  /// (arguments, status, what the message must say)
  static let refusals: [([String], Int32, String)] = [
    (["--models", "", "a.png"], 2, "no model"), (["--models", "\(zoo)/fer-cnn-bn"], 2, "Missing"),
    (["a.png", "--output", "x"], 2, "--output"), (["a.png", "--tap", "n"], 2, "--tap needs"),
    (["--video", "a.avi", "--annotate", "x.png"], 2, "--video"), (["a.png", "--margin", "9"], 2, "margin"),
    (["a.png", "--max-faces", "0"], 2, "max-faces"), (["a.png", "--min-score", "2"], 2, "min-score"),
    (["--video", "a.avi", "--fps", "0"], 2, "fps"),
    (["--video", "a.avi", "--smoothing", "-1"], 2, "smoothing"),
    (["--models", "\(zoo)/fer-cnn-bn", "/nowhere/a.png", "--detector", "none"], 1, "/nowhere/a.png"),
    (
      ["--models", "\(zoo)/fer-cnn-bn", "--video", "/nowhere/a.avi", "--detector", "none"], 1,
      "/nowhere/a.avi"
    ),
    (["--models", "\(zoo)/fer-cnn-bn", "/etc/hostname", "--detector", "none"], 1, "not an image"),
    (["--models", "\(zoo)/fer-cnn-bn", "/etc/hostname", "--detector", "yunet:/etc/hostname"], 1, "weights"),
    (
      ["--models", "\(zoo)/fer-cnn-bn", "/etc/hostname", "--detector", "haar:/etc/hostname"], 1, "well-formed"
    ),
  ]

  @Test(arguments: refusals)
  func refused(_ arguments: [String], _ status: Int32, _ message: String) throws {
    let result = try Aviary.run(["predict"] + arguments)
    #expect(result.status == status, "\(arguments): \(result.errors)")
    #expect(result.errors.contains(message), "\(arguments): \(result.errors)")
  }

  @Test func anUnknownNodeIsSaid() throws {
    let result = try Aviary.run([
      "predict", "\(Self.zoo)/fer-cnn-bn", try drawnFace("happy"), "--tap", "nosuchnode", "--output",
      "/tmp/x.npy",
    ])
    #expect(result.status == 2 && result.errors.contains("no such node"), "\(result.errors)")
  }
}
