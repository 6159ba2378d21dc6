import Foundation

/// `CARD.md`: what a manifest says, for people. What somebody wrote by hand stays: whatever follows the table of facts,
/// other sections, and all of the section Results but the table of results.
public struct ModelCard: Sendable {
  private let manifest: ModelManifest
  /// The card as it is now.
  private let existing: CardText
  /// A picture beside the card, such as `confusion_matrix.svg`.
  private let picture: String?

  public init(_ manifest: ModelManifest, existing: String? = nil, picture: String? = nil) {
    self.manifest = manifest
    self.existing = CardText(existing ?? "")
    self.picture = picture
  }

  public static let fileName = "CARD.md"
  private static let generated = "Results"

  public var text: String {
    var parts = ["# \(manifest.name)"]
    if let description = manifest.description { parts.append(description) }
    parts.append(facts)
    parts += existing.afterFacts
    var hasResults = false
    for section in existing.sections {
      if section.title == Self.generated, !hasResults {
        parts += results(keeping: section.blocks)
        hasResults = true
      } else {
        parts += section.blocks
      }
    }
    // A card without the section gets it before what others wrote.
    if !hasResults {
      parts.insert(contentsOf: results(keeping: ["## \(Self.generated)"]), at: parts.count - handWritten)
    }
    return parts.joined(separator: "\n\n") + "\n"
  }

  private var handWritten: Int { existing.sections.reduce(0) { $0 + $1.blocks.count } }

  /// The section with the table of now where one was, else behind the heading and the picture.
  private func results(keeping blocks: [String]) -> [String] {
    var blocks = blocks
    if let picture, !blocks.contains(where: { $0.hasPrefix("![") }) {
      blocks.insert("![Confusion matrix](\(picture))", at: 1)
    }
    if let place = blocks.firstIndex(where: Self.isGenerated) {
      blocks[place] = results
    } else {
      let place = blocks.firstIndex { $0.hasPrefix("![") }.map { $0 + 1 } ?? 1
      blocks.insert(results, at: place)
    }
    return blocks
  }

  private static let resultColumns = "| data | images | accuracy | balanced accuracy | macro F1 | log-loss |"

  private static func isGenerated(_ block: String) -> Bool {
    block.hasPrefix(resultColumns) || block.hasPrefix("Not evaluated yet: `aviary evaluate")
  }

  private var facts: String {
    let input = manifest.input
    let file = manifest.file
    let channels = input.channels == .grey ? "1" : "3"
    let shape =
      switch input.layout {
      case .nchw: "N x \(channels) x \(input.height) x \(input.width)"
      case .nhwc: "N x \(input.height) x \(input.width) x \(channels)"
      case .ntchw: "N x frames x \(channels) x \(input.height) x \(input.width)"
      }
    let parameters = manifest.parameters.map { ", \(Self.grouped($0)) parameters" } ?? ""
    let opset = manifest.source.opset.map { ", opset \($0)" } ?? ""
    var rows = [
      ("file", "`\(file.path)`, \(Self.grouped(file.bytes)) bytes\(parameters)"),
      ("family", manifest.family), ("licence", manifest.license),
      (
        "input",
        "`\(input.name ?? "input")`: \(shape) (\(input.layout.rawValue), \(input.channels.rawValue)), "
          + (input.stepList.map { "steps: \($0); " } ?? "")
          + "\(InputVariant.name(of: input.resize)), \(input.formula)"
      ),
      (
        "output",
        "`\(manifest.output.name)`: \(manifest.output.kind.rawValue) of "
          + manifest.output.labels.joined(separator: ", ")
      ),
      ("made with", "\(manifest.source.framework), \(manifest.source.exporter)\(opset)"),
    ]
    if let url = file.url { rows.insert(("from", "<\(url)>"), at: 1) }
    return "| | |\n|---|---|\n" + rows.map { "| \($0) | \(Self.cell($1)) |" }.joined(separator: "\n")
  }

  private var results: String {
    guard let metrics = manifest.metrics, !metrics.isEmpty else {
      return "Not evaluated yet: `aviary evaluate \(manifest.id) --data KIND:PATH --record run.json`, then "
        + "`aviary zoo card \(manifest.id) --record run.json --write`."
    }
    func decimal(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "" }
    func percent(_ value: Double?) -> String { value.map { String(format: "%.2f%%", 100 * $0) } ?? "" }
    let rows = metrics.map {
      "| \(Self.cell($0.data)) | \(Self.grouped($0.samples)) | \(percent($0.accuracy)) | "
        + "\(percent($0.balancedAccuracy)) | \(decimal($0.macroF1)) | \(decimal($0.logLoss)) |"
    }
    return
      Self.resultColumns + "\n|---|---|---|---|---|---|\n"
      + rows.joined(separator: "\n")
  }

  private static func cell(_ text: String) -> String { text.replacingOccurrences(of: "|", with: "\\|") }

  private static func grouped(_ number: Int) -> String {
    var digits = String(number)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return ([digits] + groups).joined(separator: ",")
  }
}

/// A card in blocks: paragraphs, tables, lists, fenced code as one.
private struct CardText {
  struct Section {
    let title: String
    /// The heading first.
    var blocks: [String]
  }

  /// Behind the table of facts and before the first section.
  private(set) var afterFacts: [String] = []
  private(set) var sections: [Section] = []

  init(_ text: String) {
    var hasFacts = false
    for block in Self.blocks(text) {
      if block.hasPrefix("## ") {
        let heading = block.prefix { !$0.isNewline }
        sections.append(Section(title: heading.dropFirst(3).trimmingCharacters(in: .whitespaces), blocks: [block]))
      } else if sections.isEmpty {
        if hasFacts { afterFacts.append(block) }
        hasFacts = hasFacts || block.hasPrefix("| | |")
      } else {
        sections[sections.count - 1].blocks.append(block)
      }
    }
  }

  private static func blocks(_ text: String) -> [String] {
    var blocks: [String] = []
    var lines: [Substring] = []
    var fence: String?
    func end() {
      if !lines.isEmpty { blocks.append(lines.joined(separator: "\n")) }
      lines = []
    }
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      let mark = ["```", "~~~"].first { line.drop(while: \.isWhitespace).hasPrefix($0) }
      if let mark, fence == nil || fence == mark { fence = fence == nil ? mark : nil }
      if fence == nil, mark == nil, line.allSatisfy(\.isWhitespace) {
        end()
      } else {
        // A heading ends what stands before it without an empty line.
        if fence == nil, line.hasPrefix("## ") { end() }
        lines.append(line)
      }
    }
    end()
    return blocks
  }
}
