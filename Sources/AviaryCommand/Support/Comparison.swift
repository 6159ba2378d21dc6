import Aviary
import Foundation

/// Several evaluations of the same samples.
struct Comparison: Encodable {
  /// Two models on the same samples: who is right where the other is wrong (McNemar's test).
  struct Pair: Encodable {
    let first: String
    let second: String
    let onlyFirstRight: Int
    let onlySecondRight: Int
    let pValue: Double
  }

  let summaries: [EvaluationSummary]
  let pairs: [Pair]
  /// Unique, for tables and file names.
  private let names: [String]

  private enum CodingKeys: String, CodingKey {
    case summaries = "models"
    case pairs
  }

  /// - Parameter records: of the same samples.
  /// - Throws: `MetricError`.
  init(_ records: [EvaluationRecord], metrics: [Metric] = Metric.all) throws {
    summaries = try records.map { try $0.summary(metrics: metrics) }
    var seen: [String: Int] = [:]
    names = records.map { record in
      let count = (seen[record.model.id] ?? 0) + 1
      seen[record.model.id] = count
      return count == 1 ? record.model.id : "\(record.model.id)-\(count)"
    }
    let predictions = try records.map { try $0.predictions() }
    var pairs: [Pair] = []
    for first in records.indices {
      for second in records.indices where second > first {
        let test = try McNemar(
          truth: predictions[first].truth, first: predictions[first].predicted,
          second: predictions[second].predicted)
        pairs.append(
          Pair(
            first: names[first], second: names[second], onlyFirstRight: test.onlyFirst,
            onlySecondRight: test.onlySecond, pValue: test.exactPValue))
      }
    }
    self.pairs = pairs
  }

  /// One row a model.
  var table: Table {
    ModelComparison(
      zip(names, summaries).map { name, summary in
        let values = summary.metrics.compactMap { metric in metric.value.map { (metric.name, $0) } }
        return ModelComparison.Entry(
          name: name, metrics: Dictionary(values, uniquingKeysWith: { first, _ in first }))
      }
    ).table(metrics: ModelComparison.defaultMetrics + added)
  }

  /// Metrics that plugins have added.
  private var added: [String] {
    summaries.first?.metrics.map(\.name).filter { Metric.named($0) == nil } ?? []
  }

  /// The table, who beats whom, and one matrix a model.
  ///
  /// - Throws: `ReportError`.
  func document() throws(ReportError) -> ReportDocument {
    var facts: [(name: String, value: String)] = []
    if let first = summaries.first {
      let precision =
        first.model.precision == .fp32 ? "" : ", computed in \(first.model.precision.rawValue)"
      facts.append(
        (
          name: "data",
          value: "\(first.data.kind):\(first.data.path), split \(first.data.split), \(first.samples) samples"
            + precision
        ))
    }
    var sections = [ReportDocument.Section("", table)]
    if !pairs.isEmpty { sections.append(.init("", try pairTable(), text: pairText)) }
    for (name, summary) in zip(names, summaries) {
      sections.append(
        .init(name, try ConfusionMatrixReport(summary.confusion, labels: summary.classes).table()))
    }
    return ReportDocument(facts: facts, sections: sections, data: self)
  }

  private func pairTable() throws(ReportError) -> Table {
    var table = Table(columns: [
      .init("first", alignment: .left), .init("second", alignment: .left), .init("only_first_right"),
      .init("only_second_right"), .init("p_value"),
    ])
    for pair in pairs {
      try table.append([
        .text(pair.first), .text(pair.second), .integer(pair.onlyFirstRight), .integer(pair.onlySecondRight),
        .number(pair.pValue, digits: 4),
      ])
    }
    return table
  }

  private var pairText: String {
    pairs.map {
      "\($0.first) alone is right on \($0.onlyFirstRight) samples, \($0.second) alone on "
        + "\($0.onlySecondRight) (McNemar's exact test: p = \(String(format: "%.2g", $0.pValue)))"
    }.joined(separator: "\n")
  }

  /// - Returns: the paths written.
  func write(to folder: ReportFolder, format: any ReportFormat) throws -> [String] {
    var files = try folder.write(document(), name: "comparison", format: format)
    for (name, data) in [
      ("comparison.md", Data(table.markdown().utf8)), ("comparison.csv", Data(table.csv().utf8)),
      ("comparison.json", try Console.json(self)),
    ] where !files.contains(where: { $0.hasSuffix("/\(name)") }) {
      files.append(try folder.write(name, data))
    }
    for (name, summary) in zip(names, summaries) {
      let safe = name.map { $0.isLetter || $0.isNumber || "._-".contains($0) ? $0 : "_" }
      files += try folder.write(summary, prefix: String(safe) + "-", format: format)
    }
    return files
  }
}
