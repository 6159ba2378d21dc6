import Aviary
import Foundation

/// A table of ready-made text.
struct TextTable {
  private var table: Table

  init(_ columns: [(String, Table.Column.Alignment)]) {
    table = Table(columns: columns.map { Table.Column($0.0, alignment: $0.1) })
  }

  /// - Parameter row: one text per column; missing ones are empty, surplus ones are left out.
  mutating func add(_ row: [String]) {
    let cells = table.columns.indices.map { Table.Cell.text($0 < row.count ? oneLine(row[$0]) : "") }
    // One cell per column: there is nothing to refuse.
    try? table.append(cells)
  }

  /// Without a newline at the end.
  var text: String { table.block }
}

extension Table {
  /// The text without a newline at the end, to be put together with other text.
  var block: String {
    var text = text()
    while text.last == "\n" { text.removeLast() }
    return text
  }
}

/// A name with line ends would look like several rows.
private func oneLine(_ text: String) -> String {
  text.contains { $0.isNewline || $0 == "\t" }
    ? text.replacing("\r\n", with: "\\n").replacing("\n", with: "\\n").replacing("\t", with: "\\t") : text
}

/// Names and values in two columns.
func alignedPairs(_ pairs: [(String, String)]) -> String {
  let width = pairs.map(\.0.count).max() ?? 0
  return pairs.map { $0.0.padding(toLength: width, withPad: " ", startingAt: 0) + "  " + $0.1 }
    .joined(separator: "\n")
}

/// A number with a fixed count of decimals.
func fixed(_ value: Double, _ decimals: Int) -> String { String(format: "%.\(decimals)f", value) }

/// A number with two significant digits, small ones as powers of ten.
func significant(_ value: Double) -> String { String(format: "%.2g", value) }
