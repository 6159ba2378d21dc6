import Foundation

/// Text for people on stdout. In place of the library's: names in files that others made must not steer the
/// terminal.
func print(_ text: String, terminator: String = "\n") { Console.print(text, terminator: terminator) }

/// Where text goes: data to stdout, everything else to stderr. Nothing is held back, so that what each writes
/// comes in order.
enum Console {
  static let isErrorTerminal = isatty(STDERR_FILENO) == 1
  private static let output = StandardStream(descriptor: STDOUT_FILENO)
  /// Where messages go nobody can be told that they did not arrive.
  private static let errors = StandardStream(descriptor: STDERR_FILENO)

  /// Why what was written to stdout did not arrive, as the system says it; `nil` where all of it did, or where
  /// nobody reads any more.
  static var outputProblem: String? { output.problem }

  /// Text on stdout.
  static func print(_ text: String, terminator: String = "\n") {
    output.write(Data((text.printable + terminator).utf8))
  }

  /// A line on stderr.
  static func note(_ text: String) { errors.write(Data((text.printable + "\n").utf8)) }

  /// A line on stderr that the next one replaces; for terminals.
  static func rewrite(_ text: String) { errors.write(Data("\r\u{1B}[K\(text.printable)".utf8)) }

  /// Text on stderr that begins at the left of the line and may be written over; for terminals.
  static func overwrite(_ text: String, isLast: Bool) {
    errors.write(Data("\r\(text.printable)\(isLast ? "\n" : "")".utf8))
  }

  static func warning(_ text: String) { note("warning: \(text)") }

  /// A line on stdout, now: for readers that wait for each line.
  static func printNow(_ text: String) { print(text) }

  /// Finished output on stdout, as it stands.
  static func write(_ data: Data) { output.write(data) }

  /// JSON with sorted keys.
  static func printJSON(_ value: some Encodable) throws {
    // JSON writes such characters as escapes of its own.
    output.write(try json(value) + Data("\n".utf8))
  }

  static func json(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
  }
}
