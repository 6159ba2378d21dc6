import Foundation

/// `CARD.md`: what a manifest says, for people. Sections that somebody wrote by hand stay.
public struct ModelCard: Sendable {
  private let manifest: ModelManifest
  /// The card as it is now.
  private let existing: String?
  /// A picture beside the card, such as `confusion_matrix.svg`.
  private let picture: String?

  public init(_ manifest: ModelManifest, existing: String? = nil, picture: String? = nil) {
    self.manifest = manifest
    self.existing = existing
    self.picture = picture
  }

  public static let fileName = "CARD.md"
  private static let generated = "Results"

  public var text: String {
    var parts = ["# \(manifest.name)"]
    if let description = manifest.description { parts.append(description) }
    parts.append(facts)
    parts.append("## \(Self.generated)")
    let kept = keptResults
    if let picture, !kept.contains(where: { $0.hasPrefix("![") }) {
      parts.append("![Confusion matrix](\(picture))")
    }
    parts += kept.filter { $0.hasPrefix("![") } + [results] + kept.filter { !$0.hasPrefix("![") }
    parts += sections.filter { $0.title != Self.generated }.map(\.text)
    return parts.joined(separator: "\n\n") + "\n"
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
          + "\(InputVariant.name(of: input.resize)), \(formula)"
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

  private var formula: String {
    let input = manifest.input
    func list(_ values: [Double]) -> String {
      Set(values).count == 1 ? Self.number(values[0]) : "[\(values.map(Self.number).joined(separator: ", "))]"
    }
    var text =
      input.scale == 1
      ? "pixel"
      : abs(input.scale * 255 - 1) < 1e-9
        ? "pixel / 255"
        : "pixel * \(Self.number(input.scale))"
    if input.mean.contains(where: { $0 != 0 }) { text = "(\(text) - \(list(input.mean)))" }
    if input.std.contains(where: { $0 != 1 }) { text += " / \(list(input.std))" }
    return text
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
      "| data | images | accuracy | balanced accuracy | macro F1 | log-loss |\n|---|---|---|---|---|---|\n"
      + rows.joined(separator: "\n")
  }

  /// Pictures and paragraphs that somebody wrote beside the table of results.
  private var keptResults: [String] {
    guard let section = sections.first(where: { $0.title == Self.generated }) else { return [] }
    return section.text.components(separatedBy: "\n\n").dropFirst().filter {
      !$0.hasPrefix("|") && !$0.hasPrefix("Not evaluated yet") && !$0.isEmpty
    }
  }

  /// Sections of the existing card, headings included.
  private var sections: [(title: String, text: String)] {
    var sections: [[Substring]] = []
    for line in (existing ?? "").split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("## ") { sections.append([]) }
      if !sections.isEmpty { sections[sections.count - 1].append(line) }
    }
    return sections.map { lines in
      let text = lines.joined(separator: "\n").trimmingCharacters(in: .newlines)
      return (String(lines.first?.dropFirst(3) ?? ""), text)
    }
  }

  private static func cell(_ text: String) -> String { text.replacingOccurrences(of: "|", with: "\\|") }

  private static func number(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? "\(value)"
  }

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
