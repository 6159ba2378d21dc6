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
    var table = Table(columns: [.init("metric", alignment: .left), .init("value")])
    for (name, value) in metrics {
      try table.append([.text(name), value.map { .number($0, digits: 4) } ?? .missing])
    }
    return table
  }

  /// The numbers that people ask for first, and all that plugins have added.
  private var numbers: String {
    let interval = accuracyInterval
    var rows = [
      (
        "accuracy",
        percent(confusion.accuracy)
          + "  (95 % interval \(percent(interval.lower)) to \(percent(interval.upper)))"
      )
    ]
    let added = metrics.map(\.name).filter { Metric.named($0) == nil }.map { ($0, $0) }
    for (name, title) in Self.shown + added {
      rows.append((title, self[metric: name].map { fixed($0, 4) } ?? "not defined"))
    }
    return alignedPairs(rows)
  }

  private static let shown = [
    ("balanced_accuracy", "balanced accuracy"), ("top_2_accuracy", "top-2 accuracy"),
    ("top_3_accuracy", "top-3 accuracy"), ("cohen_kappa", "Cohen's kappa"),
    ("matthews_corrcoef", "Matthews correlation"), ("roc_auc_ovr_macro", "ROC AUC (macro)"),
    ("log_loss", "log-loss"), ("expected_calibration_error", "calibration error"),
  ]

  private func percent(_ value: Double) -> String { "\(fixed(100 * value, 2)) %" }
}
