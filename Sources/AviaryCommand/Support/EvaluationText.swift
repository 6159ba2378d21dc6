import Aviary

extension EvaluationSummary {
  /// The report before it has a form: the classification report, single numbers, the confusion matrix.
  ///
  /// - Throws: `ReportError`.
  func document() throws(ReportError) -> ReportDocument {
    let facts = [
      (
        name: "model",
        value: "\(model.id) (sha256 \(model.sha256.prefix(12)))"
          + (model.precision == .fp32 ? "" : ", computed in \(model.precision.rawValue)")
      ),
      (
        name: "data",
        value: "\(data.kind):\(data.path), split \(data.split), \(samples) samples"
          + (skipped > 0 ? ", \(skipped) left out" : "")
      ),
    ]
    let matrix = try ConfusionMatrixReport(confusion, labels: classes)
    return ReportDocument(
      facts: facts,
      sections: [
        .init("Classification report", try classTable(), text: report.text(digits: 4)),
        .init("Metrics", try metricTable(), text: numbers),
        .init("Each class against the rest, with 95 % intervals", try restTable()),
        .init("Confusion matrix (row: true class, column: predicted class)", matrix.table()),
      ], data: self)
  }

  private func classTable() throws(ReportError) -> Table {
    var table = Table(columns: [
      .init("class", alignment: .left), .init("precision"), .init("recall"), .init("f1"), .init("support"),
    ])
    var rows = report.classes.map { ($0.name, $0.scores) }
    rows += [("macro avg", report.macroAverage), ("weighted avg", report.weightedAverage)]
    for (name, scores) in rows {
      try table.append(
        [.text(name)] + [scores.precision, scores.recall, scores.f1].map { .number($0, digits: 4) }
          + [.integer(scores.support)])
    }
    return table
  }

  private func metricTable() throws(ReportError) -> Table {
    var table = Table(columns: [
      .init("metric", alignment: .left), .init("value"), .init("lower"), .init("upper"),
    ])
    func number(_ value: Double?) -> Table.Cell { value.map { .number($0, digits: 4) } ?? .missing }
    for (name, value) in metrics {
      let interval = details.intervals.metrics[name]
      try table.append([.text(name), number(value), number(interval?.lower), number(interval?.upper)])
    }
    try table.append([.text("temperature"), number(details.temperature?.value), .missing, .missing])
    return table
  }

  /// What the classification report leaves out.
  private func restTable() throws(ReportError) -> Table {
    let shown = [
      ("precision", "precision"), ("recall", "recall"), ("f1", "F1"), ("f2", "F2"),
      ("specificity", "specificity"), ("npv", "NPV"), ("roc_auc", "ROC AUC"), ("average_precision", "AP"),
    ]
    var columns: [Table.Column] = [.init("class", alignment: .left), .init("support"), .init("predicted")]
    for (name, title) in shown {
      columns.append(.init(name, title: title))
      if Self.withInterval.contains(name) {
        columns += [
          .init("\(name)_lower", title: "from"), .init("\(name)_upper", title: "to"),
        ]
      }
    }
    var table = Table(columns: columns)
    for row in details.classes {
      var cells: [Table.Cell] = [
        .text(row.name), .integer(row.counts.support), .integer(row.counts.predicted),
      ]
      for (name, _) in shown {
        let interval = row.intervals[name]
        let bounds = Self.withInterval.contains(name) ? [interval?.lower, interval?.upper] : []
        cells += ([row[name]] + bounds).map { $0.map { .number($0, digits: 3) } ?? .missing }
      }
      try table.append(cells)
    }
    return table
  }

  /// Intervals of all columns would not fit on a screen; the JSON has them.
  private static let withInterval: Set<String> = ["recall", "f1"]

  /// The numbers that people ask for first, with their 95 % intervals, and all that plugins have added.
  private var numbers: String {
    let added = metrics.map(\.name).filter { Metric.named($0) == nil }.map { ($0, $0) }
    var table = TextTable([("", .left), ("", .right), ("95 % interval", .left)])
    for (name, title) in Self.shown + added {
      let interval = details.intervals.metrics[name]
      let asPercent = name == "accuracy"
      func text(_ value: Double) -> String { asPercent ? percent(value) : fixed(value, 4) }
      table.add([
        title, self[metric: name].map(text) ?? "not defined",
        interval.map { "\(text($0.lower)) to \(text($0.upper))" } ?? "",
      ])
    }
    return ([table.text] + calibrationText).joined(separator: "\n")
  }

  private var calibrationText: [String] {
    guard let temperature = details.temperature, let after = details.calibrationAfter else { return [] }
    let value = temperature.value
    let verdict =
      value > 1.05 ? "too sure of itself" : value < 0.95 ? "surer than it says" : "well calibrated"
    return [
      "best temperature \(fixed(value, 3)) (\(verdict)): log-loss \(fixed(temperature.lossAfter, 4)), "
        + "ECE \(fixed(after.expectedError, 4)), fitted on these samples"
    ]
  }

  private static let shown = [
    ("accuracy", "accuracy"), ("balanced_accuracy", "balanced accuracy"), ("f1_macro", "F1 (macro)"),
    ("top_2_accuracy", "top-2 accuracy"), ("top_3_accuracy", "top-3 accuracy"),
    ("cohen_kappa", "Cohen's kappa"), ("matthews_corrcoef", "Matthews correlation"),
    ("roc_auc_ovr_macro", "ROC AUC (mean of classes)"), ("roc_auc_ovr_macro_curve", "ROC AUC (mean curve)"),
    ("average_precision_macro", "average precision (mean of classes)"),
    ("average_precision_macro_curve", "average precision (mean curve)"), ("log_loss", "log-loss"),
    ("brier_score", "Brier score"), ("expected_calibration_error", "calibration error (ECE)"),
    ("maximum_calibration_error", "largest calibration error (MCE)"),
    ("risk_coverage_area", "area under risk and coverage"),
  ]

  private func percent(_ value: Double) -> String { "\(fixed(100 * value, 2)) %" }
}
