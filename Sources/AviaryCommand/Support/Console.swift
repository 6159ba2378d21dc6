import Foundation

/// Text for people on stdout. In place of the library's: names in files that others made must not steer the
/// terminal.
func print(_ text: String, terminator: String = "\n") { Swift.print(text.printable, terminator: terminator) }

/// Where text goes: data to stdout, everything else to stderr.
enum Console {
  static let isErrorTerminal = isatty(STDERR_FILENO) == 1

  /// A line on stderr.
  static func note(_ text: String) {
    FileHandle.standardError.write(Data((text.printable + "\n").utf8))
  }

  /// A line on stderr that the next one replaces; for terminals.
  static func rewrite(_ text: String) {
    FileHandle.standardError.write(Data("\r\u{1B}[K\(text.printable)".utf8))
  }

  static func warning(_ text: String) { note("warning: \(text)") }

  /// A line on stdout, now: for readers that wait for each line.
  static func printNow(_ text: String) {
    FileHandle.standardOutput.write(Data((text.printable + "\n").utf8))
  }

  /// Finished output on stdout, as it stands.
  static func write(_ data: Data) { FileHandle.standardOutput.write(data) }

  /// JSON with sorted keys.
  static func printJSON(_ value: some Encodable) throws {
    // JSON writes such characters as escapes of its own.
    Swift.print(String(decoding: try json(value), as: UTF8.self))
  }

  static func json(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
  }
}
