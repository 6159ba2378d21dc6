import AviaryCore
import AviaryEvaluation
import AviaryMetrics

extension RobustnessStudy {
  /// A row a model, a column a change: the accuracy that is lost.
  public func section() -> ReportDocument.Section {
    let columns =
      [Table.Column("model", alignment: .left), .init("clean")] + changes.map { Table.Column($0.title) }
      + [.init("mean loss")]
    let rows = names.indices.map { model -> [Table.Cell] in
      let own = results.filter { $0.model == model }
      let mean = own.reduce(0) { $0 + $1.loss.value } / Double(max(1, own.count))
      return [.text(names[model]), .number(clean[model], digits: 4)]
        + own.map { .number($0.loss.value, digits: 4) } + [.number(mean, digits: 4)]
    }
    var table = Table(columns: columns, rows: rows)
    for column in 2..<columns.count { table.highlightBest(column: column, higherIsBetter: false) }
    return .init("Accuracy lost under changes of the pictures", table)
  }

  /// A row for each model and change, with intervals and tests.
  public func details() -> ReportDocument.Section {
    let columns: [Table.Column] = [
      .init("model", alignment: .left), .init("change", alignment: .left), .init("accuracy"), .init("loss"),
      .init("loss_lower", title: "from"), .init("loss_upper", title: "to"),
      .init("p_value_holm", title: "p (Holm)"), .init("same_prediction", title: "said alike"),
    ]
    let rows = results.map { result -> [Table.Cell] in
      [
        .text(names[result.model]), .text(result.change.title), .number(result.accuracy, digits: 4),
        .number(result.loss.value, digits: 4), .number(result.loss.lower, digits: 4),
        .number(result.loss.upper, digits: 4), .significant(result.correctedPValue),
        .number(result.stability, digits: 4),
      ]
    }
    return .init("Robustness with intervals", Table(columns: columns, rows: rows))
  }
}

extension ComparisonReport {
  /// The same model in several arithmetics: what is gained and lost against single precision. `nil` where there
  /// is no such pair.
  public func precisionSection() -> ReportDocument.Section? {
    let columns: [Table.Column] = [
      .init("model", alignment: .left), .init("precision", alignment: .left),
      .init("ms_fp32", title: "ms fp32"),
      .init("ms"), .init("speedup", title: "times faster"), .init("accuracy_lost", title: "accuracy lost"),
      .init("accuracy_lost_lower", title: "from"), .init("accuracy_lost_upper", title: "to"),
      .init("p_value", title: "p"), .init("changed", title: "predictions changed"),
    ]
    let entries = comparison.entries
    var rows: [[Table.Cell]] = []
    for (index, entry) in entries.enumerated() where entry.record.model.precision != .fp32 {
      let base = entries.firstIndex {
        $0.record.model.sha256 == entry.record.model.sha256 && $0.record.model.precision == .fp32
          && $0.record.model.input == entry.record.model.input
      }
      guard let base, let pair = comparison.pair(base, index) else { continue }
      let sign: Double = base < index ? 1 : -1
      let bounds = [sign * pair.accuracy.lower, sign * pair.accuracy.upper].sorted()
      let times = (entries[base].cost?.median, entry.cost?.median)
      let speedup = times.0.flatMap { before in times.1.map { before / $0 } }
      let changed = zip(entries[base].predictions.predicted, entry.predictions.predicted).count { $0 != $1 }
      func cell(_ value: Double?, _ digits: Int) -> Table.Cell {
        value.map { .number($0, digits: digits) } ?? .missing
      }
      rows.append([
        .text(entry.record.model.id), .text(entry.record.model.precision.rawValue), cell(times.0, 2),
        cell(times.1, 2), cell(speedup, 2), .number(sign * pair.accuracy.value, digits: 4),
        .number(bounds[0], digits: 4), .number(bounds[1], digits: 4), .significant(pair.test.exactPValue),
        .integer(changed),
      ])
    }
    guard !rows.isEmpty else { return nil }
    return .init("Arithmetic against fp32", Table(columns: columns, rows: rows))
  }
}
