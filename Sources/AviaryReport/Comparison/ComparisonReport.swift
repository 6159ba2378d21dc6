import AviaryEvaluation
import AviaryMetrics

/// A comparison as a report: the ranking, who beats whom, where they differ, one matrix a model.
public struct ComparisonReport: Sendable {
  public let comparison: Comparison
  /// In the order and with the rows that are to be shown.
  public let ranking: Ranking
  public let tables: ComparisonTables
  /// Sections that were asked for beyond the usual ones.
  public var studies: [ReportDocument.Section] = []
  /// How many samples of each pair's disagreements are named in text.
  public var namedSamples = 0

  public init(_ comparison: Comparison, ranking: Ranking) {
    self.comparison = comparison
    self.ranking = ranking
    tables = ComparisonTables(comparison)
  }

  /// What was compared on what.
  public var facts: [(name: String, value: String)] {
    guard let first = comparison.entries.first else { return [] }
    let data = first.summary.data
    let precisions = Set(comparison.entries.map(\.record.model.precision))
    let precision =
      precisions.count == 1 ? precisions.first.map { $0 == .fp32 ? nil : $0.rawValue } ?? nil : nil
    return [
      (
        "data",
        "\(data.kind):\(data.path), split \(data.split), \(first.summary.samples) samples"
          + (first.summary.skipped > 0 ? ", \(first.summary.skipped) left out" : "")
          + (precision.map { ", computed in \($0)" } ?? "")
      )
    ]
  }

  /// - Throws: `ReportError`.
  public func document() throws(ReportError) -> ReportDocument {
    let added = comparison.entries.first?.summary.metrics.map(\.name).filter { Metric.named($0) == nil } ?? []
    let columns = added.map { name in
      (
        name: name,
        values: Dictionary(
          comparison.entries.compactMap { entry in entry.summary[metric: name].map { (entry.name, $0) } },
          uniquingKeysWith: { first, _ in first })
      )
    }
    let table = ranking.table(metrics: columns)
    var sections = [
      ReportDocument.Section(
        "", table,
        text: ranking.shortTable(metrics: columns).text()
          + (ranking.rows.contains(where: \.isPareto)
            ? "◆ nothing here is both more accurate and cheaper (\(ranking.paretoCost))\n" : ""))
    ]
    if !comparison.pairs.isEmpty {
      sections.append(
        .init(
          "Differences, first minus second, with 95 % intervals; p of McNemar's exact test over all pairs",
          tables.pairs(), text: tables.shortPairs().text() + pairText))
      let classes = tables.classes(onlySignificant: true)
      if !classes.rows.isEmpty {
        sections.append(.init("Classes in which two models differ beyond chance", classes))
      }
    }
    if comparison.entries.count > 2 {
      sections.append(
        .init("Predicted alike (above the diagonal) and Cohen's kappa (below)", tables.agreement()))
    }
    sections += studies
    for entry in comparison.entries {
      sections.append(
        .init(
          entry.name, try ConfusionMatrixReport(entry.summary.confusion, labels: comparison.classes).table()))
    }
    return ReportDocument(facts: facts, sections: sections, data: ComparisonData(self))
  }

  /// The samples behind the numbers, where they were asked for.
  private var pairText: String {
    guard namedSamples > 0 else { return "" }
    return comparison.pairs.map { pair in
      let (a, b) = (comparison.entries[pair.first].name, comparison.entries[pair.second].name)
      return "\n\(a) and \(b)\n" + samplesText(pair, a, b)
    }.joined()
  }

  private func samplesText(_ pair: PairComparison, _ a: String, _ b: String) -> String {
    guard namedSamples > 0, let samples = comparison.entries.first?.record.samples else { return "" }
    let groups: [(PairComparison.Outcome, String)] = [
      (.onlyFirst, "only \(a)"), (.onlySecond, "only \(b)"), (.bothWrong, "neither"),
    ]
    return groups.map { outcome, title in
      let ids = samples.indices.filter { pair.outcomes[$0] == outcome }.map { samples[$0].id }
      let shown = ids.prefix(namedSamples).joined(separator: " ")
      return "  \(title): \(shown)\(ids.count > namedSamples ? " ..." : "")\n"
    }.joined()
  }
}

/// A comparison for machines.
private struct ComparisonData: Encodable, Sendable {
  private let report: ComparisonReport

  init(_ report: ComparisonReport) { self.report = report }

  private struct Pair: Encodable {
    struct ClassEntry: Encodable {
      let label: String
      let firstRecall, secondRecall: Double
      let onlyFirstRight, onlySecondRight: Int
      let pValue, pValueHolm: Double
    }
    let first, second: String
    let bothRight, onlyFirstRight, onlySecondRight, bothWrong: Int
    let pValue, pValueHolm: Double
    let accuracyDifference, macroF1Difference: PairedBootstrap.Estimate
    let agreement: Double
    let kappa: Double?
    let classes: [ClassEntry]
  }

  /// A sample that some model got wrong.
  private struct Sample: Encodable {
    let id: String
    let label: String
    /// In the order of the models.
    let predicted: [String]
  }

  private enum Key: String, CodingKey {
    case models, names, ranking, pairs, studies
    case wrong = "samples_some_model_got_wrong"
  }

  func encode(to encoder: any Encoder) throws {
    let comparison = report.comparison
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(comparison.entries.map(\.name), forKey: .names)
    try container.encode(comparison.entries.map(\.summary), forKey: .models)
    try container.encode(report.ranking.rows, forKey: .ranking)
    try container.encode(comparison.pairs.map(pair), forKey: .pairs)
    if !report.studies.isEmpty {
      let studies = report.studies.map { ($0.title, TableData($0.table)) }
      try container.encode(Dictionary(studies, uniquingKeysWith: { first, _ in first }), forKey: .studies)
    }
    let classes = comparison.classes
    let samples = comparison.entries.first?.record.samples ?? []
    let wrong = samples.indices.compactMap { index -> Sample? in
      let predicted = comparison.entries.map { $0.predictions.predicted[index] }
      guard predicted.contains(where: { $0 != samples[index].label }) else { return nil }
      return Sample(
        id: samples[index].id, label: classes[samples[index].label], predicted: predicted.map { classes[$0] })
    }
    try container.encode(wrong, forKey: .wrong)
  }

  private func pair(_ pair: PairComparison) -> Pair {
    let entries = report.comparison.entries
    return Pair(
      first: entries[pair.first].name, second: entries[pair.second].name, bothRight: pair.count(.bothRight),
      onlyFirstRight: pair.count(.onlyFirst), onlySecondRight: pair.count(.onlySecond),
      bothWrong: pair.count(.bothWrong), pValue: pair.test.exactPValue, pValueHolm: pair.correctedPValue,
      accuracyDifference: pair.accuracy, macroF1Difference: pair.macroF1, agreement: pair.agreement,
      kappa: pair.kappa,
      classes: pair.classes.map { one in
        .init(
          label: report.comparison.classes[one.label], firstRecall: one.firstRecall,
          secondRecall: one.secondRecall, onlyFirstRight: one.test.onlyFirst,
          onlySecondRight: one.test.onlySecond, pValue: one.test.exactPValue, pValueHolm: one.correctedPValue)
      })
  }
}

/// A table as an array of objects by the keys of its columns.
private struct TableData: Encodable, Sendable {
  private let table: Table

  init(_ table: Table) { self.table = table }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ text: String) { stringValue = text }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  func encode(to encoder: any Encoder) throws {
    var rows = encoder.unkeyedContainer()
    for row in table.rows {
      var object = rows.nestedContainer(keyedBy: Key.self)
      for (column, cell) in zip(table.columns, row) {
        let key = Key(column.key)
        switch cell {
        case .text(let text): try object.encode(text, forKey: key)
        case .integer(let value), .amount(let value): try object.encode(value, forKey: key)
        case .number(let value, _), .significant(let value): try object.encode(value.finiteOrNil, forKey: key)
        case .missing: try object.encodeNil(forKey: key)
        }
      }
    }
  }
}
