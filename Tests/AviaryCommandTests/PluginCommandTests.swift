import Foundation
import TestSupport
import Testing

/// Plugins as a user of the command meets them.
@Suite struct PluginCommandTests {
  private static let models = Locations.root.appendingPathComponent(
    "Tests/AviaryPluginsTests/Fixtures/plugins")

  private func model(_ name: String) -> String { Self.models.appendingPathComponent(name).path }

  private func faulty(_ defines: String...) throws -> String {
    try PluginBuilder.c(Self.models.appendingPathComponent("faulty.c"), defines: defines)
  }

  private func plugins() throws -> [String] {
    ["--plugin", try PluginBuilder.example("c"), "--plugin", try PluginBuilder.example("swift")]
  }

  @Test func listNamesWhatEachAdds() throws {
    let result = try Aviary.run(["plugin", "list", "--json"] + plugins())
    let entries = try #require(result.json as? [[String: Any]])
    let example = try #require(entries.first { $0["id"] as? String == "example-c" })
    let adds = try #require(example["adds"] as? [[String: String]])
    #expect(adds.map { "\($0["kind"] ?? "") \($0["name"] ?? "")" } == [
      "operator com.example.PairwiseDistance", "step example-threshold", "detector example-center",
    ])
    let text = try Aviary.run(["plugin", "list"] + plugins()).output
    for name in ["example-swift", "dataset: stripes", "onnx-operators", "metric: accuracy"] {
      #expect(text.contains(name), "\(name)")
    }
  }

  @Test func aModelNeedsItsPlugin() throws {
    #expect(try Aviary.run(["inspect", model("blend.onnx")]).status == 3)
    let result = try Aviary.run(["inspect", model("blend.onnx"), "--json"] + plugins())
    #expect(result.status == 0, "\(result.errors)")
    let family = try #require(result.object["family"] as? [String: Any])
    #expect((family["problem"] as? String)?.contains("org.example.Blend") == true, "\(family)")
    #expect(try Aviary.run(["bench", model("distance.onnx"), "--runs", "2"] + plugins()).status == 0)
    #expect(try Aviary.run(["ops", "Blend"] + plugins()).output.contains("org.example"))
  }

  @Test func dataStepAndModelOfThreePlaces() throws {
    let arguments = ["evaluate", model("stripes.onnx"), "--data", "stripes:20"]
    let result = try Aviary.run(arguments + ["--json"] + plugins())
    #expect((result.object["metrics"] as? [String: Any])?["accuracy"] as? Double == 1, "\(result.errors)")
    let markdown = try Aviary.run(arguments + ["--format", "markdown"] + plugins())
    #expect(markdown.output.contains("| horizontal | 20 | 0 |"))
    #expect(try Aviary.run(arguments + ["--format", "runes"] + plugins()).status == 2)
    // The data set is there, the step is not.
    let half = try Aviary.run(arguments + ["--plugin", PluginBuilder.example("swift")])
    #expect(half.status == 1)
    #expect(half.errors.contains("example-threshold"))
    let bare = try Aviary.run(arguments)
    #expect(bare.status == 1)
    #expect(bare.errors.contains("example-threshold"))
    #expect(try Aviary.run(["data", "info", "stripes:20"]).status == 2)
  }

  @Test func predictCropsTheFacesOfADetector() throws {
    let picture = Fixtures.path("pictures/dark/00.png")
    // Its contract resizes, so that a part of a picture can be fed.
    let model = Locations.root.appendingPathComponent("Zoo/fer-cnn-bn").path
    let result = try Aviary.run(
      ["predict", model, picture, "--detector", "example-center:0.5", "--json"] + plugins())
    let face = try #require((result.json as? [[String: Any]])?.first?["face"] as? [String: Any])
    let whole = try Aviary.run(["predict", model, picture, "--json"])
    let all = try #require((whole.json as? [[String: Any]])?.first?["face"] as? [String: Any])
    let width = try #require(all["width"] as? Double)
    #expect(face["width"] as? Double == width / 2)
    #expect(face["x"] as? Double == width / 4)
    #expect(try Aviary.run(["predict", model, picture, "--detector", "nobody"]).status == 1)
  }

  /// (macros, what the message must say)
  static let refused: [([String], String)] = [
    (["ABI=9"], "ABI 9"), (["NO_ENTRY"], "aviary_plugin_entry"), (["SIZE=16"], "16 bytes"),
    (["OPERATOR_RUN=NULL"], "'run'"), (["STEP_NAME=\"invert\""], "image-steps"),
  ]

  @Test(arguments: refused)
  func pluginsThatAreRefused(_ defines: [String], _ wanted: String) throws {
    let path = try PluginBuilder.c(Self.models.appendingPathComponent("faulty.c"), defines: defines)
    for command in [["plugin", "list"], ["data", "list"], ["ops"], ["zoo", "list"]] {
      let result = try Aviary.run(command + ["--plugin", path])
      #expect(result.status == 1)
      #expect(result.errors.contains(wanted), "\(result.errors)")
      #expect(result.output.isEmpty)
    }
    let check = try Aviary.run(["plugin", "check", path])
    #expect(check.status == 1)
    #expect(check.errors.contains(wanted), "\(check.errors)")
  }

  @Test(arguments: ["c", "swift"])
  func theExamplesPassTheCheck(_ language: String) throws {
    let result = try Aviary.run(
      ["plugin", "check", PluginBuilder.example(language), "--data", "3", "--json", "--verbose"])
    #expect(result.status == 0, "\(result.output) \(result.errors)")
    #expect((result.object["problems"] as? [Any])?.isEmpty == true)
    #expect((result.object["doubts"] as? [Any])?.isEmpty == true)
    #expect((result.object["findings"] as? [Any] ?? []).count > 60)
  }

  @Test func theCheckFindsFaultsAndOutlivesCrashes() throws {
    let result = try Aviary.run(["plugin", "check", faulty(), "--json"])
    #expect(result.status == 1)
    let problems = try #require(result.object["problems"] as? [[String: Any]])
    func message(_ probe: String) -> String? {
      problems.first { $0["probe"] as? String == probe }?["message"] as? String
    }
    // The second output is declared and never made; a scalar has no extents to read.
    #expect(message("run: float 2x3")?.contains("did not make output 1") == true)
    #expect(message("run: float scalar")?.contains("crashed") == true)
    // What follows the crash has been called as well.
    let surprise = message("create: a parameter that no step has is a number")
    #expect(surprise?.contains("no-such-parameter") == true)
    let crash = try Aviary.run(["plugin", "check", faulty("CRASH")])
    #expect(crash.status == 1)
    #expect(crash.errors.contains("crashed"), "\(crash.errors)")
    #expect(try Aviary.run(["plugin", "check", "/nowhere.so"]).status == 1)
  }

  /// A function that ends its process is called once; what it would have been asked besides counts as wrong.
  @Test func aFunctionThatCrashesIsNotCalledAgain() throws {
    let result = try Aviary.run(["plugin", "check", faulty("OPERATOR_RUN=run_crashes"), "--json"])
    #expect(result.status == 1)
    let problems = try #require(result.object["problems"] as? [[String: Any]])
    let messages = problems.compactMap { problem -> String? in
      guard (problem["subject"] as? String)?.hasPrefix("operator") == true,
        (problem["probe"] as? String)?.hasPrefix("run:") == true
      else { return nil }
      return problem["message"] as? String
    }
    #expect(messages.count > 5)
    #expect(messages.first == "crashed (signal 6)")
    #expect(messages.dropFirst().allSatisfy { $0.hasPrefix("was not called again: 'run: ") }, "\(messages)")
    // The step comes after the operator.
    #expect(problems.contains { ($0["message"] as? String)?.contains("no-such-parameter") == true })
  }

  /// Macros, and how the message says that it ended.
  static let endings: [([String], String)] = [
    (["CRASH"], "crashed while loading (signal 6)"), (["GARBAGE_TABLE"], "crashed while loading (signal 11)"),
    (["CONSTRUCTOR=abort()"], "crashed while loading (signal 6)"),
    (["CONSTRUCTOR=exit(0)"], "ended the process with status 0 while loading"),
  ]

  @Test(arguments: endings)
  func pluginsThatEndTheProcessWhileLoading(_ defines: [String], _ wanted: String) throws {
    let path = try PluginBuilder.c(Self.models.appendingPathComponent("faulty.c"), defines: defines)
    for command in [["plugin", "check", path], ["plugin", "list", "--plugin", path], ["ops", "--plugin", path]] {
      let result = try Aviary.run(command)
      #expect(result.status == 1, "\(command)")
      #expect(result.errors.hasPrefix("error: \(path): \(wanted)"), "\(result.errors)")
      #expect(result.output.isEmpty)
    }
  }

  /// Reading behind the end of a mapped file is a signal, no error.
  @Test func aTruncatedLibrary() throws {
    let folder = try TemporaryFolder()
    let whole = try Data(contentsOf: URL(fileURLWithPath: faulty()))
    for share in [0.1, 0.3, 0.5, 0.7, 0.9] {
      let path = try folder.file("cut.so", whole.prefix(Int(Double(whole.count) * share)))
      for command in [["plugin", "check", path], ["plugin", "list", "--plugin", path]] {
        let result = try Aviary.run(command)
        #expect(result.status == 0 || result.status == 1, "\(share): \(result.status)")
        if result.status == 1, result.output.isEmpty {
          #expect(result.errors.hasPrefix("error: \(path): "), "\(share): \(result.errors)")
        }
      }
    }
  }

  @Test func aPluginThatEndsTheProcessIsNoSuccess() throws {
    let path = try faulty(
      "OPERATOR_DOMAIN=\"com.example\"", "OPERATOR_NAME=\"PairwiseDistance\"", "INPUTS=2", "OUTPUTS=1",
      "OPERATOR_INFER=infer_exits")
    let result = try Aviary.run(["bench", model("distance.onnx"), "--runs", "1", "--plugin", path])
    #expect(result.status == 1, "\(result.output)")
    #expect(result.errors.contains("a plugin ended the process before the command was done (\(path))"))
  }

  @Test func twoPluginsOfOneName() throws {
    let paths = [try faulty(), try faulty("STEP_NAME=\"another\"")]
    let result = try Aviary.run(["plugin", "list"] + paths.flatMap { ["--plugin", $0] })
    #expect(result.status == 1)
    for path in paths { #expect(result.errors.contains(path), "\(result.errors)") }
  }

  @Test func theCommandOfANewPluginCanBePasted() throws {
    let folder = try TemporaryFolder()
    let output = "\(folder.path)/it's a folder"
    let result = try Aviary.run(["plugin", "new", "mine", "--language", "c", "--output", output])
    #expect(result.output.contains("\n\ncd '\(folder.path)/it'\\''s a folder/mine' && "), "\(result.output)")
    let plain = try Aviary.run(["plugin", "new", "other", "--language", "c", "--output", folder.path])
    #expect(plain.output.contains("\n\ncd \(folder.path)/other && "), "\(plain.output)")
  }

  /// The second name is that of a module of Swift's own.
  @Test(arguments: [("c", "my-plugin"), ("swift", "foundation")])
  func aNewPluginBuildsAndPasses(_ language: String, _ name: String) throws {
    let folder = try TemporaryFolder()
    let arguments = ["plugin", "new", name, "--language", language, "--output", folder.path]
    let result = try Aviary.run(arguments + ["--json"])
    #expect(result.status == 0, "\(result.errors)")
    let project = folder.url.appendingPathComponent(name)
    let build = try #require(result.object["build"] as? String).split(separator: " ").map(String.init)
    try PluginBuilder.run([PluginBuilder.tool([build[0]])] + build.dropFirst(), in: project)
    let library = project.appendingPathComponent(try #require(result.object["library"] as? String)).path
    let check = try Aviary.run(["plugin", "check", library])
    #expect(check.status == 0, "\(check.output) \(check.errors)")
    #expect(try Aviary.run(["ops", "Scale", "--plugin", library]).output.contains("org.example.\(name)"))
    // A second time there is something in the way.
    #expect(try Aviary.run(arguments).status == 1)
    #expect(try Aviary.run(["plugin", "new", "My Plugin", "--language", language]).status == 2)
    let taken = try Aviary.run(["plugin", "new", "fer2013", "--language", language, "--output", folder.path])
    #expect(taken.status == 2 && taken.errors.contains("a plugin that ships"), "\(taken.errors)")
  }
}
