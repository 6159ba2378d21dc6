import Aviary
import Foundation

extension ComparisonReport {
  /// Writes every chart as SVG and PNG and every table as CSV.
  ///
  /// - Returns: the paths written.
  func writeCharts(to folder: ReportFolder) throws -> [String] {
    let charts = ComparisonCharts(self)
    var files: [String] = []
    for item in try charts.common() + comparison.entries.flatMap({ try charts.of($0) }) {
      let name = (item.model.map { fileName($0) + "-" } ?? "") + item.name
      let svg = item.chart.svg()
      files.append(try folder.write("\(name).svg", Data(svg.utf8)))
      files.append(try folder.write("\(name).png", PNGRenderer.png(svg: svg)))
    }
    return try files + writeTables(to: folder)
  }

  private func writeTables(to folder: ReportFolder) throws -> [String] {
    var all: [(String, Table)] = [
      ("comparison", ranking.table()), ("differences", tables.pairs()), ("agreement", tables.agreement()),
      ("classes", tables.classes(onlySignificant: false)), ("samples", tables.samples()),
    ]
    all += studies.map { (fileName($0.title.lowercased()), $0.table) }
    for entry in comparison.entries {
      let matrix = try ConfusionMatrixReport(entry.summary.confusion, labels: comparison.classes)
      all.append(("\(fileName(entry.name))-confusion_matrix", matrix.table()))
    }
    return try all.map { try folder.write("\($0.0).csv", Data($0.1.csv().utf8)) }
  }

  /// Writes the report, every table as CSV, and the reports of the models.
  ///
  /// - Returns: the paths written.
  func write(to folder: ReportFolder, format: any ReportFormat) throws -> [String] {
    let document = try document()
    var files = try folder.write(document, name: "comparison", format: format)
    let all = try Console.json(EncodableBox(document.data))
    for (name, data) in [
      ("comparison.md", Data(ranking.table().markdown().utf8)),
      ("comparison.json", all),
    ] where !files.contains(where: { $0.hasSuffix("/\(name)") }) {
      files.append(try folder.write(name, data))
    }
    files += try writeTables(to: folder).filter { !files.contains($0) }
    for entry in comparison.entries {
      files += try folder.write(entry.summary, prefix: fileName(entry.name) + "-", format: format)
    }
    return files
  }
}

/// A name made of what every file system takes.
func fileName(_ name: String) -> String {
  String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) || "._-".contains($0) ? $0 : "_" })
}

/// What is known only to be encodable.
struct EncodableBox: Encodable {
  private let value: any Encodable

  init(_ value: any Encodable) { self.value = value }

  func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
}
