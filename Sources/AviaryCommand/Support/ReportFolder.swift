import Aviary
import Foundation

/// A folder that reports are written into.
struct ReportFolder {
  private let path: String
  /// How people read reports, whatever else is asked for.
  private let text: (any ReportFormat)?

  /// - Throws: `CommandError` where the folder cannot be made.
  init(_ path: String, plugins: PluginRegistry) throws {
    self.path = path
    text = plugins.format("text")
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw CommandError("\(path): cannot be made: \(error.localizedDescription)")
    }
  }

  /// Writes a report as text, and in `format` where that is another one.
  ///
  /// - Returns: the paths written.
  func write(_ document: ReportDocument, name: String, format: any ReportFormat) throws -> [String] {
    var files: [String] = []
    if let text { files.append(try write("\(name).\(text.fileExtension)", text.write(document))) }
    if format.name != text?.name {
      files.append(try write("\(name).\(format.fileExtension)", format.write(document)))
    }
    return files
  }

  /// Writes the report of one evaluation; names begin with `prefix`.
  ///
  /// - Returns: the paths written.
  func write(
    _ summary: EvaluationSummary, prefix: String = "", format: any ReportFormat
  ) throws -> [String] {
    let matrix = try ConfusionMatrixReport(summary.confusion, labels: summary.classes)
    let chart = ConfusionMatrixChart(
      matrix, title: summary.model.id,
      subtitle: "\(summary.data.kind) \(summary.data.split), \(summary.samples) samples")
    let name = "\(prefix)confusion_matrix"
    return try write(summary.document(), name: "\(prefix)report", format: format) + [
      try write("\(prefix)metrics.json", Console.json(summary)),
      try write("\(name).txt", Data((matrix.allTables + "\n").utf8)),
      try write("\(name).csv", Data(matrix.table().csv().utf8)),
      try write("\(name)_by_row.csv", Data(matrix.table(.true).csv().utf8)),
      try write("\(name)_by_column.csv", Data(matrix.table(.pred).csv().utf8)),
      try write("\(name).json", Data(matrix.json().utf8)),
      try write("\(name).svg", Data(chart.svg().utf8)),
      try write("\(name).png", chart.png()),
    ] + charts(summary, prefix: prefix)
  }

  /// ROC, precision and recall, reliability, risk and coverage, each as SVG and PNG.
  private func charts(_ summary: EvaluationSummary, prefix: String) throws -> [String] {
    guard let scores = summary.predictions.scores else { return [] }
    let truth = summary.predictions.truth
    let id = summary.model.id
    let place = "\(summary.data.kind) \(summary.data.split), \(summary.samples) samples"
    let charts: [(name: String, chart: any Chart)] = [
      (
        "roc",
        try ROCChart(
          truth: truth, scores: scores, labels: summary.classes, title: "\(id): ROC", averages: true)
      ),
      (
        "precision_recall",
        try PrecisionRecallChart(
          truth: truth, scores: scores, labels: summary.classes, title: "\(id): precision and recall")
      ),
      (
        "reliability",
        ReliabilityChart(summary.details.calibration, title: "\(id): reliability", subtitle: place)
      ),
      (
        "risk_coverage",
        try RiskCoverageChart(
          [.init(name: id, curve: summary.details.riskCoverage)], title: "\(id): risk and coverage",
          subtitle: place)
      ),
    ]
    return try charts.flatMap { name, chart in
      let svg = chart.svg()
      return [
        try write("\(prefix)\(name).svg", Data(svg.utf8)),
        try write("\(prefix)\(name).png", PNGRenderer.png(svg: svg)),
      ]
    }
  }

  /// - Returns: the path written.
  func write(_ name: String, _ data: Data) throws -> String {
    let file = "\(path)/\(name)"
    do { try data.write(to: URL(fileURLWithPath: file), options: .atomic) } catch {
      throw CommandError("\(file): cannot be written: \(error.localizedDescription)")
    }
    return file
  }
}

extension ConfusionMatrixReport {
  /// Counts, fractions of the true class, fractions of the predicted class.
  fileprivate var allTables: String {
    [
      "counts (row: true class, column: predicted class)", table().text(),
      "by row: fractions of the true class", table(.true).text(),
      "by column: fractions of the predicted class", table(.pred).text(),
    ].joined(separator: "\n")
  }
}
