import AviaryEvaluation
import AviaryMetrics
import Foundation

/// A comparison as one HTML file that needs nothing else: style, script, charts and pictures are inside.
public struct HTMLReport: Sendable {
  public let report: ComparisonReport
  public let thumbnails: Thumbnails
  /// What is known of the pictures themselves.
  public let split: SplitSummary?
  /// What is known of the whole data set.
  public var audit: DataAudit?
  /// Sections that others add below the data set, each with a heading.
  public var added: [ReportDocument.Section] = []

  let charts: ComparisonCharts
  var comparison: Comparison { report.comparison }

  public init(
    _ report: ComparisonReport, thumbnails: Thumbnails = .none, split: SplitSummary? = nil, audit: DataAudit? = nil
  ) {
    self.report = report
    self.audit = audit
    self.thumbnails = thumbnails
    self.split = split
    charts = ComparisonCharts(report)
  }

  /// - Throws: `ReportError`, `MetricError`.
  public func html() throws -> Data {
    var page = HTML()
    let title = "Comparison of \(comparison.entries.map(\.name).joined(separator: ", "))"
    page.raw(Self.head(title: title))
    page.raw("<header><h1>Which model is better?</h1>\n")
    for fact in report.facts { page.paragraph("\(fact.name): \(fact.value)", class: "fact") }
    page.raw(verdict)
    page.raw("</header>\n" + navigation + "<main>\n")
    page.section("ranking", "Ranking") { rankingSection(&$0) }
    let common = try charts.common()
    let byName = Dictionary(common.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for name in ["accuracy_time", "f1_by_class"] {
      if let item = byName[name] { page.figure(item) }
    }
    page.section("matrices", "Confusion matrices") { matrixSection(&$0) }
    if !comparison.pairs.isEmpty {
      page.section("differences", "Differences") { section in
        differenceSection(&section)
        for name in ["accuracy_differences", "f1_differences"] {
          if let item = byName[name] { section.figure(item) }
        }
      }
    }
    if !report.studies.isEmpty {
      page.section("studies", "Studies") { section in
        for study in report.studies { section.table(study.table, caption: study.title) }
      }
    }
    try page.section("curves", "Curves and calibration") { section in
      for name in ["roc_models", "precision_recall_models"] {
        if let item = byName[name] { section.figure(item) }
      }
      for entry in comparison.entries {
        let items = try charts.of(entry).filter { $0.name != "confusion_matrix" }
        section.details(entry.name) { part in
          for item in items { part.figure(item) }
        }
      }
    }
    if let latency = byName["latency"] {
      page.section("latency", "Time") { section in
        section.paragraph(
          "Single pictures, one run after the other in a process that does nothing else; the ranking's "
            + "images/s are those of the evaluation's batches.")
        section.figure(latency)
      }
    }
    page.section("data", "The data") { dataSection(&$0) }
    page.section("limits", "What this does not say") { limitSection(&$0) }
    page.raw("</main>\n" + Self.dialog)
    page.raw("<script type=\"application/json\" id=\"report-data\">\(try data())</script>\n")
    page.raw("<script>\n\(Self.script)</script>\n</body>\n</html>\n")
    return Data(page.body.utf8)
  }

  // MARK: Frame

  private static func head(title: String) -> String {
    // Nothing from the network, whatever a name of a class or sample may contain.
    let policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\(policy)">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(HTML.text(title))</title>
      <style>
      \(style)</style>
      </head>
      <body>

      """
  }

  private static var style: String { String(decoding: PackageResources.report_css, as: UTF8.self) }
  private static var script: String { String(decoding: PackageResources.report_js, as: UTF8.self) }

  private static let dialog = """
    <dialog id="samples" aria-labelledby="samples-title">
    <form method="dialog"><h2 id="samples-title"></h2><button aria-label="close">✕</button></form>
    <p id="samples-note"></p>
    <div id="samples-grid"></div>
    <button id="samples-more" type="button">show more</button>
    </dialog>

    """

  private var navigation: String {
    var links = [("ranking", "Ranking"), ("matrices", "Matrices")]
    if !comparison.pairs.isEmpty { links.append(("differences", "Differences")) }
    if !report.studies.isEmpty { links.append(("studies", "Studies")) }
    links.append(("curves", "Curves"))
    if comparison.entries.contains(where: { $0.cost != nil }) { links.append(("latency", "Time")) }
    links += [("data", "Data"), ("limits", "Limits")]
    return "<nav>" + links.map { "<a href=\"#\($0.0)\">\($0.1)</a>" }.joined(separator: " ") + "</nav>\n"
  }

  /// One sentence that answers the question, as far as the data do.
  private var verdict: String {
    let models = comparison.entries.indices.sorted {
      comparison.entries[$0].summary.confusion.accuracy > comparison.entries[$1].summary.confusion.accuracy
    }
    guard let best = models.first else { return "" }
    let entry = comparison.entries[best]
    let accuracy = NumberText.percent(entry.summary.confusion.accuracy, digits: 2)
    let range =
      [entry.accuracy.lower, entry.accuracy.upper].map { NumberText.percent($0, digits: 2) }
      .joined(separator: " to ")
    let undecided = models.dropFirst().filter { !(comparison.pair(best, $0)?.isSignificant ?? true) }
    let sentence: String
    if models.count == 1 {
      sentence = ""
    } else if undecided.isEmpty {
      sentence = " It beats every other model beyond chance."
    } else {
      let names = undecided.map { comparison.entries[$0].name }.joined(separator: ", ")
      sentence = " Whether it is better than \(names), these data do not decide."
    }
    return "<p class=\"verdict\"><strong>\(HTML.text(entry.name))</strong> has the highest accuracy, "
      + "\(accuracy) (\(range)).\(HTML.text(sentence))</p>\n"
  }
}
