/// Rows under headings, written as aligned text, Markdown, CSV or JSON.
public struct Table: Sendable, Equatable {
  public struct Column: Sendable, Equatable {
    public enum Alignment: String, Sendable, Codable { case left, right }

    /// The name in CSV and JSON.
    public let key: String
    /// The heading in text and Markdown.
    public let title: String
    public let alignment: Alignment

    public init(_ key: String, title: String? = nil, alignment: Alignment = .right) {
      self.key = key
      self.title = title ?? key
      self.alignment = alignment
    }
  }

  public enum Cell: Sendable, Equatable {
    case text(String)
    case integer(Int)
    /// Text and Markdown show `digits` decimals; CSV and JSON every digit.
    case number(Double, digits: Int)
    /// Text and Markdown show two digits that count, of small numbers as a power of ten; CSV and JSON all.
    case significant(Double)
    /// Text and Markdown show millions as 1.3M; CSV and JSON every digit.
    case amount(Int)
    case missing
  }

  public let columns: [Column]
  /// Each row has one cell per column.
  public internal(set) var rows: [[Cell]] = []
  /// Cells that stand out, as the best of a column: bold in Markdown, with an asterisk in text.
  public private(set) var highlights: Set<Position> = []

  public struct Position: Hashable, Sendable {
    public let row: Int
    public let column: Int
  }

  public init(columns: [Column]) { self.columns = columns }

  /// - Throws: `ReportError.mismatch` where the row does not have one cell per column.
  public mutating func append(_ row: [Cell]) throws(ReportError) {
    guard row.count == columns.count else {
      throw .mismatch(what: "cells", got: row.count, expected: columns.count)
    }
    rows.append(row)
  }

  /// Makes the largest (or smallest) number of a column stand out, in every row that has it.
  ///
  /// - Parameter among: the rows that compete; by default all.
  public mutating func highlightBest(column: Int, higherIsBetter: Bool, among: Set<Int>? = nil) {
    let values = rows.enumerated().map { index, row -> Double? in
      guard row.indices.contains(column), among?.contains(index) ?? true else { return nil }
      switch row[column] {
      case .integer(let value), .amount(let value): return Double(value)
      case .number(let value, _), .significant(let value): return value.isNaN ? nil : value
      case .text, .missing: return nil
      }
    }
    let numbers = values.compactMap { $0 }
    guard numbers.count > 1, let best = higherIsBetter ? numbers.max() : numbers.min() else { return }
    for (row, value) in values.enumerated() where value == best {
      highlights.insert(Position(row: row, column: column))
    }
  }

  /// The ways to write a table.
  public enum Format: String, CaseIterable, Sendable, Codable {
    case text, markdown, csv, json
  }

  /// The table in one of its formats, ending in a line break.
  public func formatted(_ format: Format) -> String {
    switch format {
    case .text: text()
    case .markdown: markdown()
    case .csv: csv()
    case .json: json()
    }
  }
}

extension Table.Cell {
  /// What a reader sees; an en dash where there is no value.
  var shown: String {
    switch self {
    case .text(let text): text
    case .integer(let value): String(value)
    case .number(let value, let digits): NumberText.fixed(value, digits: digits)
    case .significant(let value): NumberText.significant(value)
    case .amount(let value): NumberText.compact(value)
    case .missing: "–"
    }
  }
}
