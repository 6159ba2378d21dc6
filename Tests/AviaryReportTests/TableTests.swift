import Foundation
import TestSupport
import Testing

@testable import AviaryReport

/// Expected values that `make_golden.py` wrote.
struct ReportGolden: Decodable, Sendable {
  struct Line: Decodable, Sendable {
    let fields: [String]
    let line: String
  }
  struct Width: Decodable, Sendable {
    let text: String
    let regular, bold: Double
  }
  let csv: [Line]
  let widths: [Width]

  static func load() throws -> ReportGolden {
    let url = Locations.root.appendingPathComponent("Tests/AviaryReportTests/Golden/report.json")
    return try JSONDecoder().decode(ReportGolden.self, from: Data(contentsOf: url))
  }
}

@Suite struct TableTests {
  private static func sample() throws -> Table {
    var table = Table(columns: [
      Table.Column("model", alignment: .left), Table.Column("accuracy"), Table.Column("images", title: "n"),
    ])
    try table.append([.text("cnn"), .number(2.0 / 3, digits: 4), .integer(7178)])
    try table.append([.text("漢字 | <b>\u{1B}[31m"), .number(.nan, digits: 4), .missing])
    try table.append([.text("vgg\n16"), .number(1, digits: 4), .integer(-1)])
    table.highlightBest(column: 1, higherIsBetter: true)
    table.highlightBest(column: 2, higherIsBetter: false)
    return table
  }

  @Test func text() throws {
    #expect(
      try Self.sample().text() == """
        model            accuracy      n
        ───────────────  ─────────  ─────
        cnn                0.6667   7178
        漢字 | <b>\u{FFFD}[31m         –      –
        vgg 16             1.0000*    -1*

        """)
  }

  @Test func textWithoutHighlightsHasNoRoomForThem() throws {
    var table = Table(columns: [Table.Column("a", alignment: .left), Table.Column("b")])
    try table.append([.text("x"), .integer(10)])
    #expect(table.text() == "a   b\n─  ──\nx  10\n")
  }

  @Test func markdown() throws {
    #expect(
      try Self.sample().markdown() == """
        | model | accuracy | n |
        | :--- | ---: | ---: |
        | cnn | 0.6667 | 7178 |
        | 漢字 \\| &lt;b&gt;\u{FFFD}\\[31m | – | – |
        | vgg 16 | **1.0000** | **-1** |

        """)
  }

  @Test func csvQuotesAsPythonDoes() throws {
    for golden in try ReportGolden.load().csv {
      var table = Table(columns: golden.fields.indices.map { Table.Column("\($0)") })
      try table.append(golden.fields.map { .text($0) })
      let lines = table.csv()
      let header = golden.fields.indices.map(String.init).joined(separator: ",") + "\n"
      #expect(lines == header + golden.line)
    }
  }

  @Test func csvKeepsEveryDigit() throws {
    #expect(
      try Self.sample().csv()
        == "model,accuracy,images\ncnn,0.6666666666666666,7178\n漢字 | <b>\u{1B}[31m,,\n\"vgg\n16\",1,-1\n")
  }

  @Test func jsonIsWhatAReaderGetsBack() throws {
    let json = try Self.sample().json()
    let rows = try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
    #expect(rows.count == 3)
    #expect(rows[0]["model"] as? String == "cnn")
    #expect(rows[0]["accuracy"] as? Double == 2.0 / 3)
    #expect(rows[0]["images"] as? Int == 7178)
    #expect(rows[1]["model"] as? String == "漢字 | <b>\u{1B}[31m")
    #expect(rows[1]["accuracy"] is NSNull)
    #expect(rows[1]["images"] is NSNull)
    #expect(rows[2]["model"] as? String == "vgg\n16")
    let empty = Table(columns: [Table.Column("a")]).json()
    #expect(try (JSONSerialization.jsonObject(with: Data(empty.utf8)) as? [Any])?.count == 0)
  }

  @Test func jsonEscapesEveryControlCharacter() throws {
    let scalars = (0..<0x100).compactMap { Unicode.Scalar($0) } + ["\u{2028}"]
    let text = String(String.UnicodeScalarView(scalars))
    let decoded = try JSONDecoder().decode([String].self, from: Data("[\(JSONText.string(text))]".utf8))
    #expect(decoded == [text])
  }

  @Test func rowsNeedOneCellPerColumn() {
    var table = Table(columns: [Table.Column("a"), Table.Column("b")])
    #expect(throws: ReportError.mismatch(what: "cells", got: 1, expected: 2)) {
      try table.append([.missing])
    }
  }

  @Test func bestOfAColumn() throws {
    var table = Table(columns: [Table.Column("a")])
    for value in [0.5, 0.9, .nan, 0.9, 0.1] { try table.append([.number(value, digits: 1)]) }
    var highest = table
    highest.highlightBest(column: 0, higherIsBetter: true)
    #expect(Set(highest.highlights.map(\.row)) == [1, 3])
    var lowest = table
    lowest.highlightBest(column: 0, higherIsBetter: false)
    #expect(Set(lowest.highlights.map(\.row)) == [4])
    // A single number is not the best of anything.
    var single = Table(columns: [Table.Column("a")])
    try single.append([.integer(1)])
    single.highlightBest(column: 0, higherIsBetter: true)
    single.highlightBest(column: 7, higherIsBetter: true)
    #expect(single.highlights.isEmpty)
  }

  @Test(arguments: [
    (0, "0", "0"), (958, "958", "958"), (1000, "1,000", "1.0k"), (9949, "9,949", "9.9k"),
    (9951, "9,951", "10k"), (72_345, "72,345", "72k"), (999_499, "999,499", "999k"),
    (999_500, "999,500", "1.0M"), (1_234_567, "1,234,567", "1.2M"), (-1234, "-1,234", "-1234"),
    (Int.max, "9,223,372,036,854,775,807", "9.2E"),
  ])
  func countsAsText(_ value: Int, grouped: String, compact: String) {
    #expect(NumberText.grouped(value) == grouped)
    if value >= 0 { #expect(NumberText.compact(value) == compact) }
  }
}
