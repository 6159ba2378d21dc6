import AviaryMetrics

extension Ranking {
  /// Metrics that plugins have added: a name and a value by the name of the row.
  public typealias AddedMetric = (name: String, values: [String: Double])

  private struct Column {
    let column: Table.Column
    /// `nil`: there is no better or worse.
    var higherIsBetter: Bool?
    /// Whether it is there only where costs were measured.
    var isCost = false
    let cell: (Row) -> Table.Cell

    init(
      _ key: String, title: String? = nil, alignment: Table.Column.Alignment = .right,
      higherIsBetter: Bool? = nil, isCost: Bool = false, _ cell: @escaping (Row) -> Table.Cell
    ) {
      column = Table.Column(key, title: title, alignment: alignment)
      self.higherIsBetter = higherIsBetter
      self.isCost = isCost
      self.cell = cell
    }
  }

  /// A row per model and combination; the best model of each column stands out.
  public func table(metrics added: [AddedMetric] = []) -> Table {
    table(
      names + [
        Column("accuracy", higherIsBetter: true) { .number($0.accuracy, digits: 4) },
        Column("accuracy_lower", title: "from") { .number($0.accuracyInterval.lower, digits: 4) },
        Column("accuracy_upper", title: "to") { .number($0.accuracyInterval.upper, digits: 4) },
        Column("f1_macro", title: "macro F1", higherIsBetter: true) { .number($0.macroF1, digits: 4) },
        Column("f1_macro_lower", title: "from") { Self.cell($0.macroF1Interval?.lower, digits: 4) },
        Column("f1_macro_upper", title: "to") { Self.cell($0.macroF1Interval?.upper, digits: 4) },
      ] + rest, added)
  }

  /// The same as people read it: intervals beside what they are of.
  func shortTable(metrics added: [AddedMetric] = []) -> Table {
    func text(_ interval: Interval?) -> Table.Cell {
      interval.map { interval in
        .text(
          [interval.lower, interval.upper].map { NumberText.fixed($0, digits: 3) }.joined(separator: "–"))
      } ?? .missing
    }
    return table(
      names + [
        Column("accuracy", higherIsBetter: true) { .number($0.accuracy, digits: 4) },
        Column("95 %", alignment: .left) { text($0.accuracyInterval) },
        Column("macro F1", higherIsBetter: true) { .number($0.macroF1, digits: 4) },
        Column("95 %", alignment: .left) { text($0.macroF1Interval) },
      ] + rest, added)
  }

  private var names: [Column] {
    [
      Column("model", alignment: .left) { .text($0.name) },
      Column("pareto", title: "front", alignment: .left) { .text($0.isPareto ? "◆" : "") },
    ]
  }

  private var rest: [Column] {
    [
      Column("expected_calibration_error", title: "ECE", higherIsBetter: false) {
        Self.cell($0.ece, digits: 4)
      },
      Column("parameters", title: "params", higherIsBetter: false, isCost: true) { Self.cell($0.parameters) },
      Column("multiply_adds", title: "madds", higherIsBetter: false, isCost: true) {
        Self.cell($0.multiplyAdds)
      },
      Column("bytes", higherIsBetter: false) { .amount($0.bytes) },
      Column("ms_per_image", title: "ms", higherIsBetter: false, isCost: true) {
        Self.cell($0.milliseconds, digits: 2)
      },
      Column("images_per_s", title: "images/s", higherIsBetter: true) { Self.cell($0.throughput, digits: 0) },
      Column("peak_mib", title: "MiB", higherIsBetter: false, isCost: true) {
        Self.cell($0.peakMiB, digits: 0)
      },
    ]
  }

  private func table(_ all: [Column], _ added: [AddedMetric]) -> Table {
    let hasCost = rows.contains { $0.milliseconds != nil || $0.multiplyAdds != nil }
    let columns =
      all.filter { hasCost || !$0.isCost }
      + added.map { metric in Column(metric.name) { Self.cell(metric.values[$0.name], digits: 4) } }
    var table = Table(
      columns: columns.map(\.column), rows: rows.map { row in columns.map { $0.cell(row) } })
    // Combinations would take the prize from the models that one must choose among.
    let models = Set(rows.indices.filter { rows[$0].kind == "model" })
    for (position, column) in columns.enumerated() {
      guard let higherIsBetter = column.higherIsBetter else { continue }
      table.highlightBest(column: position, higherIsBetter: higherIsBetter, among: models)
    }
    return table
  }

  private static func cell(_ value: Double?, digits: Int) -> Table.Cell {
    value.map { .number($0, digits: digits) } ?? .missing
  }

  private static func cell(_ value: Int?) -> Table.Cell { value.map { .amount($0) } ?? .missing }
}
