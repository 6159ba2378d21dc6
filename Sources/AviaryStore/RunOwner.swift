import Foundation

/// The process that works on a run, so that nobody else takes an unfinished run for abandoned.
struct RunOwner: Equatable {
  let host: String
  let process: Int32
  /// When the process began, in ticks since the machine did: numbers of processes are used again.
  let began: String

  init(host: String, process: Int32, began: String) {
    self.host = host
    self.process = process
    self.began = began
  }

  static var current: RunOwner {
    let process = ProcessInfo.processInfo.processIdentifier
    return RunOwner(
      host: ProcessInfo.processInfo.hostName, process: process, began: began(process) ?? "")
  }

  init?(text: String) {
    let parts = text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, let process = Int32(parts[1]) else { return nil }
    self.init(host: parts[0], process: process, began: parts[2])
  }

  var text: String { "\(host)\t\(process)\t\(began)" }

  /// A process on another machine cannot be seen: silence for this long means that it is gone.
  private static let patience = 3600.0

  /// - Parameter updated: seconds since 1970 of its last sign of life.
  func isAlive(updated: Double, now: Double = Date().timeIntervalSince1970) -> Bool {
    guard host == ProcessInfo.processInfo.hostName else { return now - updated < Self.patience }
    return Self.began(process).map { $0 == began } ?? false
  }

  /// `nil` where there is no such process.
  private static func began(_ process: Int32) -> String? {
    guard let data = FileManager.default.contents(atPath: "/proc/\(process)/stat") else { return nil }
    // The name, in parentheses, may contain anything; the state and 18 numbers stand before the start.
    let text = String(decoding: data, as: UTF8.self)
    guard let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 19, fields[0] != "Z" else { return nil }
    return String(fields[19])
  }
}
