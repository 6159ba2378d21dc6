import Aviary

extension EvaluationSummary {
  /// The report as people read it: the classification report, single numbers, the confusion matrix.
  ///
  /// - Throws: `ReportError`.
  func text() throws -> String {
    var lines = [
      "model  \(model.id) (sha256 \(model.sha256.prefix(12)))"
        + (model.precision == .fp32 ? "" : ", computed in \(model.precision.rawValue)"),
      "data   \(data.kind):\(data.path), split \(data.split), \(samples) samples"
        + (skipped > 0 ? ", \(skipped) left out" : ""),
      "", report.text(digits: 4),
    ]
    lines.append(numbers)
    lines.append("")
    lines.append(try ConfusionMatrixReport(confusion, labels: classes).table().block)
    return lines.joined(separator: "\n")
  }

  private var numbers: String {
    let interval = accuracyInterval
    var rows = [
      (
        "accuracy",
        percent(confusion.accuracy)
          + "  (95 % interval \(percent(interval.lower)) to \(percent(interval.upper)))"
      )
    ]
    for (name, title) in Self.shown {
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
