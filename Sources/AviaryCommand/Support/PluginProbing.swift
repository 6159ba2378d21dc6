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

  /// What the process of the calls says, a line of JSON each. Plugins may print what they want beside it.
  enum Line: Codable {
    case loaded(PluginManifest)
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
    for _ in 0..<Self.mostCrashes {
      let run = try calls(from: next)
      var began: (index: Int, subject: String, probe: String)?
      var wasLoaded = false
      for line in run.lines {
        switch line {
        case .loaded(let manifest):
          report.manifest = manifest
          wasLoaded = true
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
          report.findings.append(problem("plugin", "between calls, or after the last", end))
        } else {
          report.refusal = run.errors.isEmpty ? "\(path): loading it \(end)" : run.errors
        }
        return report
      }
      report.findings.append(problem(began.subject, began.probe, end))
      next = began.index + 1
    }
    report.findings.append(
      problem("plugin", "all further calls", "were not made after \(Self.mostCrashes) that ended the process"))
    return report
  }

  private func problem(_ subject: String, _ probe: String, _ text: String) -> PluginFinding {
    PluginFinding(subject: subject, probe: probe, isSane: false, outcome: .problem, message: text)
  }

  // MARK: One process

  private struct Run {
    let lines: [Line]
    let errors: String
    /// How it ended, where it should not have; `nil` where it was through.
    let end: String?
  }

  private func calls(from first: Int) throws -> Run {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("aviary-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let output = folder.appendingPathComponent("output"), errors = folder.appendingPathComponent("errors")
    for file in [output, errors] { try Data().write(to: file) }
    let process = Process()
    process.executableURL = try executable()
    process.arguments =
      ["plugin", "check", path, "--from-probe", "\(first)"] + data.flatMap { ["--data", $0] }
    // Files, not pipes: a pipe that nobody empties would stop the process.
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    process.standardInput = FileHandle.nullDevice
    do { try process.run() } catch { throw CommandError("the calls cannot be started: \(error)") }
    let stopped = wait(for: process, watching: output)
    let written = try FileHandle(forReadingFrom: output).read(upToCount: Self.maximumOutput) ?? Data()
    let text = String(decoding: written, as: UTF8.self)
    let words = String(decoding: try Data(contentsOf: errors).prefix(4000), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    let lines = text.split(separator: "\n").compactMap(Line.init)
    let isDone = lines.contains { if case .done = $0 { true } else { false } }
    let end: String? =
      if let stopped {
        stopped
      } else if process.terminationReason == .uncaughtSignal {
        "crashed (signal \(process.terminationStatus))"
      } else if process.terminationStatus != 0 || !isDone {
        "ended the process with status \(process.terminationStatus)"
      } else {
        nil
      }
    let said = words.hasPrefix("error: ") ? String(words.dropFirst("error: ".count)) : words
    return Run(lines: lines, errors: said, end: end)
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
