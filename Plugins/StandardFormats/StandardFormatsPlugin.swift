import AviaryPlugins
import AviaryReport
import Foundation

/// Reports for people, documents, spreadsheets and programs.
public struct StandardFormatsPlugin: AviaryPlugin {
  public let manifest = PluginManifest(
    id: "standard-formats", version: "1.0.0", summary: "reports as text, Markdown, CSV and JSON")

  public init() {}

  public func register(with registrar: inout PluginRegistrar) throws(PluginError) {
    try registrar.add(TextFormat())
    try registrar.add(MarkdownFormat())
    try registrar.add(CSVFormat())
    try registrar.add(JSONFormat())
  }
}

/// Text of fixed width, as a terminal shows it.
struct TextFormat: ReportFormat {
  let name = "text"
  let summary = "aligned text for terminals"
  let fileExtension = "txt"

  func write(_ document: ReportDocument) -> Data {
    let width = document.facts.map(\.name.count).max() ?? 0
    let facts = document.facts.map { name, value in
      name + String(repeating: " ", count: width - name.count) + "  " + value + "\n"
    }
    let sections = document.sections.map { section in
      let body = section.text ?? section.table.text()
      return (section.title.isEmpty ? "" : section.title + "\n") + body + (body.hasSuffix("\n") ? "" : "\n")
    }
    return Data((([facts.joined()] + sections).joined(separator: "\n")).utf8)
  }
}

/// Headings and pipe tables of GitHub Flavored Markdown.
struct MarkdownFormat: ReportFormat {
  let name = "markdown"
  let summary = "headings and tables of GitHub Flavored Markdown"
  let fileExtension = "md"

  func write(_ document: ReportDocument) throws(ReportError) -> Data {
    var facts = Table(columns: [.init("what", alignment: .left), .init("value", alignment: .left)])
    for (name, value) in document.facts { try facts.append([.text(name), .text(value)]) }
    let sections = document.sections.map { section in
      (section.title.isEmpty ? "" : "## \(section.title)\n\n") + section.table.markdown()
    }
    return Data(([facts.markdown()] + sections).joined(separator: "\n").utf8)
  }
}

/// Every table as RFC 4180 has it, the next one after an empty line.
struct CSVFormat: ReportFormat {
  let name = "csv"
  let summary = "the tables as comma-separated values, separated by empty lines"
  let fileExtension = "csv"

  func write(_ document: ReportDocument) -> Data {
    Data(document.sections.map { $0.table.csv() }.joined(separator: "\n").utf8)
  }
}

/// Everything, with sorted keys.
struct JSONFormat: ReportFormat {
  let name = "json"
  let summary = "all results, for programs"
  let fileExtension = "json"

  func write(_ document: ReportDocument) throws(ReportError) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do { return try encoder.encode(document.data) + Data("\n".utf8) } catch {
      throw .format(name: name, problem: "\(error)")
    }
  }
}
