import AviaryEvaluation
import AviaryMetrics

/// The tables of a comparison.
public struct ComparisonTables: Sendable {
  public let comparison: Comparison

  public init(_ comparison: Comparison) { self.comparison = comparison }

  private func name(_ index: Int) -> String { comparison.entries[index].name }

  /// Every two models: differences with their intervals, who alone is right, and McNemar's exact test.
  public func pairs() -> Table {
    let columns: [Table.Column] = [
      .init("first", alignment: .left), .init("second", alignment: .left),
      .init("accuracy_difference", title: "accuracy"), .init("accuracy_difference_lower", title: "from"),
      .init("accuracy_difference_upper", title: "to"), .init("f1_macro_difference", title: "macro F1"),
      .init("f1_macro_difference_lower", title: "from"), .init("f1_macro_difference_upper", title: "to"),
      .init("both_right", title: "both right"), .init("only_first_right", title: "only first"),
      .init("only_second_right", title: "only second"), .init("both_wrong", title: "both wrong"),
      .init("p_value", title: "p"), .init("p_value_holm", title: "p (Holm)"),
      .init("better", alignment: .left),
    ]
    let rows = comparison.pairs.map { pair -> [Table.Cell] in
      let differences = [pair.accuracy, pair.macroF1].flatMap { [$0.value, $0.lower, $0.upper] }
      return [.text(name(pair.first)), .text(name(pair.second))]
        + differences.map { .number($0, digits: 4) }
        + PairComparison.Outcome.allCases.map { .integer(pair.count($0)) }
        + [
          .significant(pair.test.exactPValue), .significant(pair.correctedPValue), .text(winner(pair)),
        ]
    }
    return Table(columns: columns, rows: rows)
  }

  /// The same as people read it: fewer columns, intervals beside what they are of.
  func shortPairs() -> Table {
    let columns: [Table.Column] = [
      .init("first", alignment: .left), .init("second", alignment: .left),
      .init("accuracy", alignment: .left),
      .init("macro F1", alignment: .left), .init("both right"), .init("only first"), .init("only second"),
      .init("neither"), .init("p"), .init("better", alignment: .left),
    ]
    func text(_ estimate: PairedBootstrap.Estimate) -> Table.Cell {
      let numbers = [estimate.value, estimate.lower, estimate.upper].map { value in
        (value < 0 ? "-" : "+") + NumberText.fixed(value.magnitude, digits: 4)
      }
      return .text("\(numbers[0]) (\(numbers[1]) to \(numbers[2]))")
    }
    let rows = comparison.pairs.map { pair -> [Table.Cell] in
      [.text(name(pair.first)), .text(name(pair.second)), text(pair.accuracy), text(pair.macroF1)]
        + PairComparison.Outcome.allCases.map { .integer(pair.count($0)) }
        + [.significant(pair.correctedPValue), .text(winner(pair))]
    }
    return Table(columns: columns, rows: rows)
  }

  private func winner(_ pair: PairComparison) -> String {
    pair.isSignificant ? name(pair.accuracy.value > 0 ? pair.first : pair.second) : "not decided"
  }

  /// Above the diagonal the share of samples that two models predict alike, below it Cohen's kappa.
  public func agreement() -> Table {
    let entries = comparison.entries
    let rows = entries.indices.map { row in
      [.text(name(row))]
        + entries.indices.map { column -> Table.Cell in
          guard row != column, let pair = comparison.pair(row, column) else { return .missing }
          return column > row
            ? .number(pair.agreement, digits: 4) : pair.kappa.map { .number($0, digits: 4) } ?? .missing
        }
    }
    return Table(
      columns: [.init("kappa\\agreement", alignment: .left)] + entries.map { .init($0.name) }, rows: rows)
  }

  /// Recall of each class where two models differ, with McNemar's test corrected over all classes and pairs.
  ///
  /// - Parameter onlySignificant: leave out what may be chance at 5 %.
  public func classes(onlySignificant: Bool) -> Table {
    let columns: [Table.Column] = [
      .init("first", alignment: .left), .init("second", alignment: .left), .init("class", alignment: .left),
      .init("first_recall", title: "recall of first"), .init("second_recall", title: "of second"),
      .init("only_first_right", title: "only first"), .init("only_second_right", title: "only second"),
      .init("p_value", title: "p"), .init("p_value_holm", title: "p (Holm)"),
    ]
    let rows = comparison.pairs.flatMap { pair in
      pair.classes.filter { !onlySignificant || $0.correctedPValue < 0.05 }.map {
        difference -> [Table.Cell] in
        [
          .text(name(pair.first)), .text(name(pair.second)), .text(comparison.classes[difference.label]),
          .number(difference.firstRecall, digits: 4), .number(difference.secondRecall, digits: 4),
          .integer(difference.test.onlyFirst), .integer(difference.test.onlySecond),
          .significant(difference.test.exactPValue), .significant(difference.correctedPValue),
        ]
      }
    }
    return Table(columns: columns, rows: rows)
  }

  /// Every sample that some model got wrong: its class and what each model said.
  public func samples() -> Table {
    let entries = comparison.entries
    guard let first = entries.first else { return Table(columns: []) }
    let columns =
      [Table.Column("sample", alignment: .left), .init("class", alignment: .left)]
      + entries.map { Table.Column($0.name, alignment: .left) } + [.init("wrong")]
    let rows = first.record.samples.indices.compactMap { index -> [Table.Cell]? in
      let sample = first.record.samples[index]
      let wrong = entries.count { $0.predictions.predicted[index] != sample.label }
      guard wrong > 0 else { return nil }
      return [.text(sample.id), .text(comparison.classes[sample.label])]
        + entries.map { .text(comparison.classes[$0.predictions.predicted[index]]) } + [.integer(wrong)]
    }
    return Table(columns: columns, rows: rows)
  }
}
