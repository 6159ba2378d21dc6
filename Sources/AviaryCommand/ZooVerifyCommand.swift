import ArgumentParser
import Aviary

struct ZooVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check models of the zoo: bytes, manifest against graph, golden outputs, label order.",
    discussion: """
      A dash in place of "ok" marks what could not be checked, and why. Files that were not pulled are no failure
      unless the model is named.

      EXAMPLES
        aviary zoo verify
        aviary zoo verify fer-cnn-bn --json
      """)

  @Argument(help: "Ids of models, or their folders; by default all.")
  var ids: [String] = []

  @OptionGroup var flags: ZooFlags
  @OptionGroup(title: "Session options") var session: SessionFlags

  func run() throws {
    // All are looked up before the first is checked.
    let (zoo, ids) = try flags.models(ids)
    guard !zoo.ids.isEmpty else { throw CommandError("\(zoo.path): has no models") }
    let plugins = try session.plugins.registry()
    let verifier = ZooVerifier(
      zoo, options: try session.options, steps: plugins.steps, families: plugins.families)
    let reports = try (ids.isEmpty ? zoo.ids : ids).map { id in
      if let detector = zoo.detector(id) { return verifier.verify(detector, needsFiles: !ids.isEmpty) }
      return verifier.verify(try zoo.entry(id), needsFile: !ids.isEmpty)
    }
    if flags.json {
      try Console.printJSON(reports)
    } else {
      let words: [ZooVerifier.Check.Outcome: String] = [.passed: "ok", .failed: "FAILED", .unchecked: "-"]
      var table = TextTable([("model", .left), ("check", .left), ("", .left), ("", .left)])
      for report in reports {
        for check in report.checks {
          table.add([report.id, check.name, words[check.outcome] ?? "", check.message])
        }
      }
      print(table.text)
    }
    if !reports.allSatisfy(\.passed) { throw ExitCode(ExitStatus.failed.rawValue) }
  }
}
