import Aviary
import Foundation

/// Runs the calls of `plugin check` in processes of their own, and goes on behind a call that ended one.
struct PluginProbing {
  let path: String
  let data: [String]
  /// Seconds that one call may take.
  let timeout: Double

  /// After so many calls that ended a process there is nothing new to learn.
  private static let mostCrashes = 20

  struct Report {
    var manifest: PluginManifest?
    var findings: [PluginFinding] = []
    /// Why the plugin was not loaded at all.
    var refusal: String?
  }

  /// A function of something that a plugin adds: after it has ended a process, it is not called again.
  struct Callback: Codable, Equatable {
    let subject: String
    let name: String

    init(subject: String, probe: String) {
      self.subject = subject
      // Titles of probes begin with what they call: `run: float 2x3`.
      name = String(probe.prefix { $0 != ":" })
    }
  }

  /// What the process of the calls says, a line of JSON each. Plugins may print what they want beside it.
  enum Line: Codable {
    case loaded(PluginManifest)
    case skipped(subject: String, probe: String)
    case began(index: Int, subject: String, probe: String)
    case ended(index: Int, PluginFinding)
    case done

    private static let mark = "aviary-probe "

    func print() {
      guard let data = try? JSONEncoder().encode(self) else { return }
      Console.printNow(Self.mark + String(decoding: data, as: UTF8.self))
    }

    init?(_ text: Substring) {
      // A plugin may have left a line of its own unfinished.
      guard let start = text.range(of: Self.mark)?.upperBound,
        let line = try? JSONDecoder().decode(Self.self, from: Data(text[start...].utf8))
      else { return nil }
      self = line
    }
  }

  /// - Throws: `CommandError` where no process can be started.
  func report() throws -> Report {
    var report = Report()
    var next = 0
    var ended: [(callback: Callback, probe: String, end: String)] = []
    for _ in 0..<Self.mostCrashes {
      let run = try calls(from: next, without: ended.map(\.callback))
      var began: (index: Int, subject: String, probe: String)?
      var wasLoaded = false
      for line in run.lines {
        switch line {
        case .loaded(let manifest):
          report.manifest = manifest
          wasLoaded = true
        case .skipped(let subject, let probe):
          let callback = Callback(subject: subject, probe: probe)
          let cause = ended.first { $0.callback == callback }.map { ": '\($0.probe)' \($0.end)" } ?? ""
          report.findings.append(problem(subject, probe, "was not called again\(cause)"))
        case .began(let index, let subject, let probe): began = (index, subject, probe)
        case .ended(_, let finding):
          report.findings.append(finding)
          began = nil
        case .done: break
        }
      }
      guard let end = run.end else { return report }
      guard let began else {
        if wasLoaded {
          report.findings.append(problem("plugin", "between calls, or after the last", end.text))
        } else {
          report.refusal = run.error ?? "\(path): \(end.whileLoading)"
        }
        return report
      }
      report.findings.append(problem(began.subject, began.probe, end.text))
      ended.append((Callback(subject: began.subject, probe: began.probe), began.probe, end.text))
      next = began.index + 1
    }
    report.findings.append(
      problem("plugin", "all further calls", "were not made after \(Self.mostCrashes) that ended the process"))
    return report
  }

  /// Loads the plugin in a process of its own, so that one which crashes ends that process and not this one.
  ///
  /// - Throws: `PluginError.library` where the process did not outlive it, `CommandError` where none can be started.
  ///   What is wrong in any other way, loading it here says.
  static func tryLoading(_ path: String) throws {
    let run = try PluginProbing(path: path, data: [], timeout: 30).calls(from: Int.max, without: [])
    let wasLoaded = run.lines.contains { if case .loaded = $0 { true } else { false } }
    guard let end = run.end, !wasLoaded, run.error == nil else { return }
    throw PluginError.library(path: path, problem: end.whileLoading)
  }

  private func problem(_ subject: String, _ probe: String, _ text: String) -> PluginFinding {
    PluginFinding(subject: subject, probe: probe, isSane: false, outcome: .problem, message: text)
  }

  // MARK: One process

  private struct Run {
    let lines: [Line]
    /// The message with which the process itself gave up.
    let error: String?
    /// How it ended, where it should not have; `nil` where it was through.
    let end: End?
  }

  private enum End {
    case crashed(signal: Int32)
    case ended(status: Int32)
    /// By this process, and why.
    case stopped(String)

    var text: String {
      switch self {
      case .crashed(let signal): "crashed (signal \(signal))"
      case .ended(let status): "ended the process with status \(status)"
      case .stopped(let reason): reason
      }
    }

    var whileLoading: String {
      switch self {
      case .crashed(let signal):
        "crashed while loading (signal \(signal)); get a complete copy, or one that was built for this machine"
      case .ended, .stopped: "\(text) while loading"
      }
    }
  }

  private func calls(from first: Int, without callbacks: [Callback]) throws -> Run {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("aviary-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let output = folder.appendingPathComponent("output"), errors = folder.appendingPathComponent("errors")
    for file in [output, errors] { try Data().write(to: file) }
    let process = Process()
    process.executableURL = try executable()
    process.arguments =
      ["plugin", "check", "--from-probe", "\(first)"] + data.flatMap { ["--data", $0] }
      + callbacks.flatMap { ["--skip", $0.argument] } + ["--", path]
    // A report of each crash takes seconds, and nobody reads it.
    process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    // Files, not pipes: a pipe that nobody empties would stop the process.
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    process.standardInput = FileHandle.nullDevice
    do { try process.run() } catch { throw CommandError("the calls cannot be started: \(error)") }
    let stopped = wait(for: process, watching: output)
    let written = try FileHandle(forReadingFrom: output).read(upToCount: Self.maximumOutput) ?? Data()
    let text = String(decoding: written, as: UTF8.self)
    let words = String(decoding: try Data(contentsOf: errors).prefix(4000), as: UTF8.self)
    let lines = text.split(separator: "\n").compactMap(Line.init)
    let isDone = lines.contains { if case .done = $0 { true } else { false } }
    let end: End? =
      if let stopped {
        .stopped(stopped)
      } else if process.terminationReason == .uncaughtSignal {
        .crashed(signal: process.terminationStatus)
      } else if process.terminationStatus != 0 || !isDone {
        .ended(status: process.terminationStatus)
      } else {
        nil
      }
    let gaveUp = stopped == nil && process.terminationReason == .exit
    return Run(lines: lines, error: gaveUp ? Self.error(in: words) : nil, end: end)
  }

  /// What follows `error: ` at the beginning of a line; plugins may have said something before.
  private static func error(in words: String) -> String? {
    let mark = "error: "
    let lines = words.split(separator: "\n", omittingEmptySubsequences: false)
    guard let start = lines.firstIndex(where: { $0.hasPrefix(mark) }) else { return nil }
    let text = lines[start...].joined(separator: "\n").dropFirst(mark.count)
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Of the lines about the calls and whatever the plugin prints itself.
  private static let maximumOutput = 16 << 20

  /// - Returns: why it was ended, if it was.
  private func wait(for process: Process, watching file: URL) -> String? {
    func end(_ reason: String) -> String {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      return reason
    }
    let clock = ContinuousClock()
    var size = 0
    var since = clock.now
    while process.isRunning {
      Thread.sleep(forTimeInterval: 0.01)
      let attributes = try? FileManager.default.attributesOfItem(atPath: file.path)
      let written = attributes?[.size] as? Int ?? 0
      if written > Self.maximumOutput { return end("printed more than \(Self.maximumOutput) bytes") }
      if written != size {
        size = written
        since = clock.now
      } else if clock.now - since > .seconds(timeout) {
        return end("did not return within \(fixed(timeout, 0)) s")
      }
    }
    return nil
  }

  private func executable() throws -> URL {
    if let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
      return URL(fileURLWithPath: path)
    }
    guard let url = Bundle.main.executableURL else {
      throw CommandError("the path of this program is not known")
    }
    return url
  }
}

extension PluginProbing.Callback {
  /// As the process of the calls gets it.
  var argument: String { "\(name):\(subject)" }

  /// - Returns: `nil` for what is no such argument.
  init?(argument: String) {
    guard let colon = argument.firstIndex(of: ":") else { return nil }
    self.init(subject: String(argument[argument.index(after: colon)...]), probe: String(argument[..<colon]))
  }
}
