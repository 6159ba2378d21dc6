import Foundation
import TestSupport
import Testing

@Suite struct AuditCommandTests {
  private static let faces = Locations.root.appendingPathComponent("Zoo/samples/drawn-faces")

  /// Drawn faces as a training and a test part: two of the test part stand in the training part, too, one of
  /// them under another label.
  private static func place() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    func copy(_ from: String, _ to: String) throws {
      _ = try folder.file(to, Data(contentsOf: faces.appendingPathComponent(from)))
    }
    for number in 0..<4 {
      try copy("happy/00\(number).png", "train/happy/\(number).png")
      try copy("sad/00\(number).png", "train/sad/\(number).png")
      try copy("happy/01\(number).png", "test/happy/\(number).png")
    }
    try copy("sad/010.png", "test/sad/0.png")
    try copy("sad/001.png", "test/sad/leaked.png")
    try copy("sad/002.png", "test/happy/leaked.png")
    return folder
  }

  @Test func findsAndWrites() throws {
    let folder = try Self.place()
    let data = "folder:\(folder.path)"
    let json = try Aviary.run(["data", "audit", data, "--json"])
    #expect(json.status == 0, "\(json.errors)")
    let audit = try #require(json.object["audit"] as? [String: Any])
    let leaks = try #require(audit["leaks"] as? [[String: Any]])
    let test = try #require(leaks.first { $0["split"] as? String == "test" })
    #expect(test["exact"] as? Int == 2 && test["contradictory"] as? Int == 1)
    let text = try Aviary.run(["data", "audit", data, "--output", "\(folder.path)/out", "--no-near"])
    #expect(text.status == 0, "\(text.errors)")
    #expect(
      text.output.contains("2 of the 7 samples of 'test' stand pixel for pixel in train"), "\(text.output)")
    #expect(text.output.contains("Near duplicates were not looked for"))
    let groups = try String(contentsOfFile: "\(folder.path)/out/groups.csv", encoding: .utf8)
    #expect(groups.split(separator: "\n").count == 5 && groups.contains("test/happy/leaked.png"))
  }

  @Test func whatLeaksDoToModels() throws {
    let folder = try Self.place()
    let data = "folder:\(folder.path)"
    let model = Locations.root.appendingPathComponent("Zoo/fer-cnn-bn").path
    // Labels that are not all of the model's classes cannot be judged.
    #expect(try Aviary.run(["data", "audit", data, "--models", model]).status == 1)
    for label in ["angry", "disgust", "fear", "neutral", "surprise"] {
      for split in ["train", "test"] {
        _ = try folder.file(
          "\(split)/\(label)/0.png",
          Data(contentsOf: Self.faces.appendingPathComponent("\(label)/00\(split == "train" ? 5 : 6).png")))
      }
    }
    let result = try Aviary.run(["data", "audit", data, "--models", model, "--split", "test", "--json"])
    #expect(result.status == 0, "\(result.errors)")
    let effects = try #require(result.object["effects"] as? [[String: Any]])
    #expect((effects[0]["exact"] as? [String: Any])?["samples"] as? Int == 2)
    #expect((effects[0]["all"] as? [String: Any])?["samples"] as? Int == 12)
    let record = "\(folder.path)/record.json"
    let evaluated = try Aviary.run(["evaluate", model, "--data", data, "--split", "test", "--record", record])
    #expect(evaluated.status == 0, "\(evaluated.errors)")
    let read = try Aviary.run(["data", "audit", data, "--record", record])
    #expect(read.status == 0 && read.output.contains("gain in points"), "\(read.errors)")
    let other = try Aviary.run(["data", "audit", "folder:\(Self.faces.path)", "--record", record])
    #expect(other.status == 1 && other.errors.contains("'test'"), "\(other.errors)")
  }

  @Test func wrongUsage() throws {
    let attempts: [([String], Int32, String)] = [
      (["folder:/nowhere"], 1, "/nowhere"), (["nokind:x"], 2, "nokind"), (["folder:"], 1, "no path"),
      (["folder:/tmp", "--similarity", "0.2"], 2, "--similarity"),
      (["folder:/tmp", "--list", "-1"], 2, "--list"),
      (["folder:/tmp", "--split", "test"], 2, "--models"),
      (["folder:\(Self.faces.path)", "--record", "/nowhere.json"], 1, "/nowhere.json"),
      (["folder:\(Self.faces.path)", "--models", "no-such-model"], 1, "no-such-model"),
    ]
    for (arguments, status, part) in attempts {
      let result = try Aviary.run(["data", "audit"] + arguments)
      #expect(result.status == status, "\(arguments): \(result.errors)")
      #expect(result.errors.contains(part), "\(arguments): \(result.errors)")
    }
    let folder = try Self.place()
    _ = try folder.file("train/sad/broken.png", Data("no picture".utf8))
    #expect(try Aviary.run(["data", "audit", "folder:\(folder.path)"]).status == 1)
    let skipping = try Aviary.run(["data", "audit", "folder:\(folder.path)", "--skip-bad"])
    #expect(skipping.status == 0 && skipping.errors.contains("broken.png"), "\(skipping.errors)")
  }
}
