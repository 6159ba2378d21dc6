import ArgumentParser
import Aviary

struct ZooVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check models of the zoo: bytes, manifest against graph, golden outputs, label order.",
    discussion: """
      EXAMPLES
        aviary zoo verify
        aviary zoo verify fer-cnn-bn --json
      """)

  @Argument(help: "Ids of models; by default all.")
  var ids: [String] = []

  @OptionGroup var flags: ZooFlags
  @OptionGroup(title: "Session options") var session: SessionFlags

  func run() throws {
    let zoo = try flags.index()
    let entries = ids.isEmpty ? zoo.entries : try ids.map { try zoo.entry($0) }
    guard !entries.isEmpty else { throw CommandError("\(zoo.path): has no models") }
    let verifier = ZooVerifier(zoo, options: try session.options, steps: try session.plugins.registry().steps)
    let reports = entries.map(verifier.verify)
    if flags.json {
      try Console.printJSON(reports)
    } else {
      var table = TextTable([("model", .left), ("check", .left), ("", .left), ("", .left)])
      for report in reports {
        for check in report.checks {
          table.add([report.id, check.name, check.passed ? "ok" : "FAILED", check.message])
        }
      }
      print(table.text)
    }
    if !reports.allSatisfy(\.passed) { throw ExitCode(ExitStatus.failed.rawValue) }
  }
}
