import AviaryMetrics
import Foundation

extension Table {
  /// Comma-separated values as RFC 4180 has them, with a line feed at the end of each line: a header of keys,
  /// every digit of numbers, nothing for missing and undefined values.
  public func csv() -> String {
    let header = columns.map { CSV.field($0.key) }
    let lines = rows.map { row in
      row.map { cell in
        switch cell {
        case .text(let text): CSV.field(text)
        case .integer(let value), .amount(let value): String(value)
        case .number(let value, _), .significant(let value): value.isFinite ? NumberText.shortest(value) : ""
        case .missing: ""
        }
      }
    }
    return CSV.document([header] + lines)
  }

  /// An array with an object per row, keyed by the columns; null for missing and undefined values.
  public func json() -> String {
    let objects = rows.map { row in
      zip(columns, row).map { column, cell -> String in
        let value =
          switch cell {
          case .text(let text): JSONText.string(text)
          case .integer(let value), .amount(let value): String(value)
          case .number(let value, _), .significant(let value): value.isFinite ? NumberText.shortest(value) : "null"
          case .missing: "null"
          }
        return JSONText.string(column.key) + ": " + value
      }
      .joined(separator: ", ")
    }
    guard !objects.isEmpty else { return "[]\n" }
    return "[\n" + objects.map { "  {\($0)}" }.joined(separator: ",\n") + "\n]\n"
  }
}

/// Comma-separated values.
enum CSV {
  /// A field in quotes where it needs them.
  static func field(_ text: String) -> String {
    let needsQuotes = text.unicodeScalars.contains { $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r" }
    guard needsQuotes else { return text }
    return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }

  /// Lines of fields that are already quoted.
  static func document(_ lines: [[String]]) -> String {
    // A line of one empty field would look like no line.
    lines.map { ($0 == [""] ? "\"\"" : $0.joined(separator: ",")) + "\n" }.joined()
  }
}

/// JSON whose objects keep their keys in a chosen order, which the encoder of Foundation cannot.
enum JSONText {
  static func string(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  static func array(_ values: [String]) -> String { "[" + values.joined(separator: ", ") + "]" }
}
