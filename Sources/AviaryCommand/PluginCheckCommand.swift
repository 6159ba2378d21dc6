import ArgumentParser
import Aviary
import Foundation

struct PluginCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Load a plugin, call everything in it with sane and insane input, and say what is wrong.",
    discussion: """
      The calls are made in a process of their own, so that a plugin that crashes or hangs is reported like
      any other. A function that ended a process is not called again: what it would have been asked counts as
      wrong. Refusing odd input with a message is fine; the exit status is 1 where something is wrong.

      EXAMPLES
        aviary plugin check libmine.so
        aviary plugin check libmine.so --data /data/mine --json
      """)

  @Argument(help: "The shared library.")
  var path: String

  @Option(help: ArgumentHelp("A path that the plugin's data sets can read; may be repeated.", valueName: "path"))
  var data: [String] = []

  @Option(help: ArgumentHelp("Seconds that one call may take.", valueName: "s"))
  var timeout = 30.0

  @Flag(help: "Show every call, not only what is wrong.")
  var verbose = false

  @Flag(help: "Print JSON.")
  var json = false

  /// The process of the calls itself: calls from this one on.
  @Option(name: .customLong("from-probe"), help: .hidden)
  var firstProbe: Int?

  /// The functions that it leaves out.
  @Option(name: .customLong("skip"), help: .hidden)
  var skipped: [String] = []

  func validate() throws {
    guard timeout > 0, timeout <= 3600 else { throw ValidationError("--timeout \(timeout): above 0 to 3600") }
  }

  private struct Result: Encodable {
    let path: String
    let plugin: PluginManifest?
    let calls: Int
    let problems: [PluginFinding]
    /// What cannot be called wrong, but was never seen to work.
    let doubts: [PluginFinding]
    let findings: [PluginFinding]?
  }

  func run() throws {
    if let firstProbe { return try callAll(from: firstProbe) }
    guard FileManager.default.fileExists(atPath: path) else {
      throw PluginError.library(path: path, problem: "there is no such file")
    }
    let report = try PluginProbing(path: path, data: data, timeout: timeout).report()
    if let refusal = report.refusal { throw CommandError(refusal) }
    let doubts = report.findings.summaryProblems
    let problems = report.findings.filter { $0.outcome == .problem }
    if json {
      try Console.printJSON(
        Result(
          path: path, plugin: report.manifest, calls: report.findings.count, problems: problems, doubts: doubts,
          findings: verbose ? report.findings : nil))
    } else {
      show(report, problems, doubts)
    }
    if !problems.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
  }

  private func show(_ report: PluginProbing.Report, _ problems: [PluginFinding], _ doubts: [PluginFinding]) {
    if let manifest = report.manifest {
      print("plugin \(manifest.id) \(manifest.version): \(manifest.summary)")
    }
    var table = TextTable([("what", .left), ("call", .left), ("", .left), ("", .left)])
    let shown = (verbose ? report.findings : problems) + doubts
    for finding in shown {
      let outcome = finding.outcome == .problem ? "WRONG" : finding.outcome.rawValue
      table.add([
        finding.subject, finding.probe, doubts.contains(finding) ? "DOUBT" : outcome, finding.message,
      ])
    }
    if !shown.isEmpty { print(table.text) }
    let refused = report.findings.filter { $0.outcome == .refused }.count
    print("\(report.findings.count) calls, \(refused) refused, \(problems.count) wrong")
  }

  /// In the process of its own: a line when a call begins, and one when it ended.
  private func callAll(from first: Int) throws {
    let plugin = try DynamicPlugin(path: path)
    // Names and duplicates.
    _ = try BuiltinPlugins.registry(with: [plugin])
    PluginProbing.Line.loaded(plugin.manifest).print()
    let checker = PluginChecker(plugin, data: data)
    let callbacks = skipped.compactMap(PluginProbing.Callback.init(argument:))
    for index in first..<max(first, checker.count) {
      guard let title = checker.title(index) else { break }
      guard !callbacks.contains(.init(subject: title.subject, probe: title.probe)) else {
        PluginProbing.Line.skipped(subject: title.subject, probe: title.probe).print()
        continue
      }
      PluginProbing.Line.began(index: index, subject: title.subject, probe: title.probe).print()
      if let finding = checker.finding(index) { PluginProbing.Line.ended(index: index, finding).print() }
    }
    PluginProbing.Line.done.print()
  }
}
