import Foundation

/// HTML under construction; everything that comes from outside goes through `text`.
struct HTML {
  private(set) var body = ""

  /// Characters that mean something to HTML become references; controls become visible.
  static func text(_ text: String) -> String { SVG.escaped(text) }

  /// Text that is HTML already.
  mutating func raw(_ html: String) { body += html }

  mutating func paragraph(_ text: String, class name: String? = nil) {
    body += "<p\(name.map { " class=\"\($0)\"" } ?? "")>\(Self.text(text))</p>\n"
  }

  /// A section with a heading, to be linked to by its id.
  mutating func section(_ id: String, _ title: String, _ content: (inout HTML) throws -> Void) rethrows {
    var inner = HTML()
    try content(&inner)
    body += "<section id=\"\(id)\">\n<h2>\(Self.text(title))</h2>\n\(inner.body)</section>\n"
  }

  /// A part that is folded until somebody wants it; print shows it.
  mutating func details(_ title: String, _ content: (inout HTML) throws -> Void) rethrows {
    var inner = HTML()
    try content(&inner)
    body += "<details><summary>\(Self.text(title))</summary>\n\(inner.body)</details>\n"
  }

  /// A table that scrolls by itself where the screen is narrow.
  mutating func table(_ table: Table, caption: String) {
    body += "<div class=\"wide\" tabindex=\"0\"><table>\(Self.caption(caption))\n<thead><tr>"
    for column in table.columns {
      body += "<th scope=\"col\"\(Self.alignment(column))>\(Self.text(column.title))</th>"
    }
    body += "</tr></thead>\n<tbody>\n"
    for (row, cells) in table.rows.enumerated() {
      body += "<tr>"
      for (column, cell) in cells.enumerated() {
        let isBest = table.highlights.contains(.init(row: row, column: column))
        let text = Self.text(cell.shown)
        let tag = column == 0 ? "th scope=\"row\"" : "td"
        body +=
          "<\(tag)\(Self.alignment(table.columns[column]))>\(isBest ? "<strong>\(text)</strong>" : text)"
          + "</\(column == 0 ? "th" : "td")>"
      }
      body += "</tr>\n"
    }
    body += "</tbody></table></div>\n"
  }

  /// In an element of its own, which stays on the screen where the table is wider.
  static func caption(_ text: String) -> String { "<caption><span>\(Self.text(text))</span></caption>" }

  private static func alignment(_ column: Table.Column) -> String {
    column.alignment == .left ? " class=\"left\"" : ""
  }

  /// A chart; what it shows can be had in words.
  mutating func figure(_ item: ComparisonCharts.Item) {
    let name = (item.model.map { "\($0) " } ?? "") + item.name
    body +=
      "<figure class=\"chart\" data-name=\"\(Self.text(name))\"><div tabindex=\"0\">\(item.chart.svg())</div>"
      + "<figcaption><details class=\"words\">"
      + "<summary>in words</summary><p>\(Self.text(item.chart.description))</p></details></figcaption></figure>\n"
  }
}
