extension Table {
  /// Columns aligned with spaces under headings and a rule. Control characters in cells are replaced, so that
  /// a label can neither break the layout nor command a terminal.
  public func text() -> String {
    let marked = !highlights.isEmpty
    let cells = rows.enumerated().map { r, row in
      row.enumerated().map { c, cell in
        let shown = DisplayText.singleLine(cell.shown)
        // The asterisk takes a place of its own in every number's column, so that the digits stay aligned.
        guard marked, columns[c].alignment == .right else { return shown }
        return shown + (highlights.contains(Position(row: r, column: c)) ? "*" : " ")
      }
    }
    let titles = columns.map { column in
      DisplayText.singleLine(column.title) + (marked && column.alignment == .right ? " " : "")
    }
    let widths = columns.indices.map { c in
      cells.map { DisplayText.width($0[c]) }.reduce(DisplayText.width(titles[c]), max)
    }
    func line(_ fields: [String]) -> String {
      let padded = fields.enumerated().map { c, field in
        let padding = String(repeating: " ", count: widths[c] - DisplayText.width(field))
        return columns[c].alignment == .left ? field + padding : padding + field
      }
      return DisplayText.trimmingEnd(padded.joined(separator: "  ")) + "\n"
    }
    let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ") + "\n"
    return line(titles) + rule + cells.map(line).joined()
  }

  /// A pipe table of GitHub Flavored Markdown; labels cannot smuggle in markup.
  public func markdown() -> String {
    func line(_ fields: [String]) -> String { "| " + fields.joined(separator: " | ") + " |\n" }
    let rules = columns.map { $0.alignment == .left ? ":---" : "---:" }
    let body = rows.enumerated().map { r, row in
      line(
        row.enumerated().map { c, cell in
          let shown = Self.escapedForMarkdown(cell.shown)
          return highlights.contains(Position(row: r, column: c)) ? "**\(shown)**" : shown
        })
    }
    return line(columns.map { Self.escapedForMarkdown($0.title) }) + line(rules) + body.joined()
  }

  private static func escapedForMarkdown(_ text: String) -> String {
    DisplayText.singleLine(text).reduce(into: "") { result, character in
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "|", "\\", "`", "*", "_", "[", "]": result += "\\\(character)"
      default: result.append(character)
      }
    }
  }
}
