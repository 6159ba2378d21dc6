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
  init(_ records: [EvaluationRecord]) throws {
    summaries = try records.map { try $0.summary() }
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
    ).table()
  }

  /// The table, who beats whom, and one matrix a model.
  func text() throws -> String {
    var parts: [String] = []
    if let first = summaries.first {
      parts.append(
        "data  \(first.data.kind):\(first.data.path), split \(first.data.split), \(first.samples) samples"
          + (first.model.precision == .fp32 ? "" : ", computed in \(first.model.precision.rawValue)"))
    }
    parts.append(table.block)
    if !pairs.isEmpty { parts.append(pairText) }
    for (name, summary) in zip(names, summaries) {
      parts.append(
        "\(name)\n" + (try ConfusionMatrixReport(summary.confusion, labels: summary.classes).table().block))
    }
    return parts.joined(separator: "\n\n")
  }

  private var pairText: String {
    pairs.map {
      "\($0.first) alone is right on \($0.onlyFirstRight) samples, \($0.second) alone on "
        + "\($0.onlySecondRight) (McNemar's exact test: p = \(String(format: "%.2g", $0.pValue)))"
    }.joined(separator: "\n")
  }

  /// - Returns: the paths written.
  func write(to path: String) throws -> [String] {
    let folder = try ReportFolder(path)
    var files = [
      try folder.write("comparison.txt", Data((try text() + "\n").utf8)),
      try folder.write("comparison.md", Data(table.markdown().utf8)),
      try folder.write("comparison.csv", Data(table.csv().utf8)),
      try folder.write("comparison.json", Console.json(self)),
    ]
    for (name, summary) in zip(names, summaries) {
      let safe = name.map { $0.isLetter || $0.isNumber || "._-".contains($0) ? $0 : "_" }
      files += try folder.write(summary, prefix: String(safe) + "-")
    }
    return files
  }
}
