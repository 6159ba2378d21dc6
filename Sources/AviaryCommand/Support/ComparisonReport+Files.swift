import Aviary
import Foundation

extension ComparisonReport {
  /// Writes the report, every table as CSV, and the reports of the models.
  ///
  /// - Returns: the paths written.
  func write(to folder: ReportFolder, format: any ReportFormat) throws -> [String] {
    let document = try document()
    var files = try folder.write(document, name: "comparison", format: format)
    let all = try Console.json(EncodableBox(document.data))
    for (name, data) in [
      ("comparison.md", Data(ranking.table().markdown().utf8)),
      ("comparison.csv", Data(ranking.table().csv().utf8)), ("comparison.json", all),
      ("differences.csv", Data(tables.pairs().csv().utf8)),
      ("agreement.csv", Data(tables.agreement().csv().utf8)),
      ("classes.csv", Data(tables.classes(onlySignificant: false).csv().utf8)),
      ("samples.csv", Data(tables.samples().csv().utf8)),
    ] where !files.contains(where: { $0.hasSuffix("/\(name)") }) {
      files.append(try folder.write(name, data))
    }
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
