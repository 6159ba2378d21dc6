import Foundation

extension JSONValue {
  /// The text of a file that people read and edit: two spaces a level, keys in the given order and the others
  /// sorted behind them, a newline at the end.
  package func text(keys order: [String] = []) -> String {
    var text = ""
    write(
      to: &text, indent: "", order: Dictionary(zip(order, order.indices), uniquingKeysWith: { a, _ in a }))
    return text + "\n"
  }

  private func write(to text: inout String, indent: String, order: [String: Int]) {
    let inner = indent + "  "
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += "\(value)"
    case .number(let value): text += Self.text(value)
    case .string(let value): text += Self.quoted(value)
    case .array(let values):
      if values.isEmpty {
        text += "[]"
        return
      }
      text += "[\n"
      for (index, value) in values.enumerated() {
        text += inner
        value.write(to: &text, indent: inner, order: order)
        text += index == values.count - 1 ? "\n" : ",\n"
      }
      text += indent + "]"
    case .object(let members):
      if members.isEmpty {
        text += "{}"
        return
      }
      let keys = members.keys.sorted { (order[$0] ?? .max, $0) < (order[$1] ?? .max, $1) }
      text += "{\n"
      for (index, key) in keys.enumerated() {
        text += inner + Self.quoted(key) + ": "
        members[key]?.write(to: &text, indent: inner, order: order)
        text += index == keys.count - 1 ? "\n" : ",\n"
      }
      text += indent + "}"
    }
  }

  private static func text(_ value: Double) -> String {
    // JSON has no other numbers than finite ones.
    guard value.isFinite else { return "null" }
    if let whole = Int(exactly: value) { return "\(whole)" }
    return "\(value)"
  }

  private static func quoted(_ text: String) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    // A string can always be encoded.
    return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
  }
}
