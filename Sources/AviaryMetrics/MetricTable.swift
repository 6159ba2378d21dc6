extension Metric {
  /// Every metric, in the order of reports. Tests, records and comparison tables go by this one list.
  public static let all: [Metric] = agreement + averaged + rejecting + ranking + probabilistic

  /// The metric of this name.
  public static func named(_ name: String) -> Metric? { all.first { $0.name == name } }

  private static let agreement: [Metric] = [
    Metric("accuracy", title: "accuracy", input: .labels, isSymmetric: true) { $0.confusion.accuracy },
    Metric("balanced_accuracy", title: "balanced", input: .labels) { $0.confusion.balancedAccuracy() },
    Metric("cohen_kappa", title: "kappa", input: .labels, worst: -1, isSymmetric: true) {
      $0.confusion.cohenKappa()
    },
    Metric("cohen_kappa_linear", title: "linear kappa", input: .labels, worst: -1, isSymmetric: true) {
      $0.confusion.cohenKappa(weights: .linear)
    },
    Metric("cohen_kappa_quadratic", title: "quadratic kappa", input: .labels, worst: -1, isSymmetric: true) {
      $0.confusion.cohenKappa(weights: .quadratic)
    },
    Metric("matthews_corrcoef", title: "MCC", input: .labels, worst: -1, isSymmetric: true) {
      $0.confusion.matthewsCorrelation
    },
  ]

  /// Precision, recall and F1 under each average.
  private static let averaged: [Metric] = Average.allCases.flatMap { average in
    let values: [(name: String, title: String, value: @Sendable (ClassScores) -> Double)] = [
      ("precision", "precision", { $0.precision }), ("recall", "recall", { $0.recall }),
      ("f1", "F1", { $0.f1 }),
    ]
    return values.map { name, title, value in
      // Exchanging truth and prediction exchanges precision and recall. The micro averages and the weighted
      // recall are the accuracy.
      let isSymmetric = average == .micro || ["f1_macro", "recall_weighted"].contains("\(name)_\(average)")
      return Metric(
        "\(name)_\(average)", title: "\(average) \(title)", input: .labels, isSymmetric: isSymmetric
      ) { (predictions) throws(MetricError) in
        value(try predictions.confusion.averageScores(average))
      }
    }
  }

  /// What else one class against the rest gives, under each average.
  private static let rejecting: [Metric] = Average.allCases.flatMap { average in
    let values: [(name: String, title: String, value: @Sendable (BinaryCounts) -> Double)] = [
      ("specificity", "specificity", { $0.specificity() }),
      ("npv", "NPV", { $0.negativePredictiveValue() }),
      ("f0.5", "F0.5", { $0.fScore(beta: 0.5) }), ("f2", "F2", { $0.fScore(beta: 2) }),
    ]
    return values.map { name, title, value in
      // The micro averages of specificity and NPV are one number, as those of precision and recall.
      Metric(
        "\(name)_\(average)", title: "\(average) \(title)", input: .labels, isSymmetric: average == .micro
      ) { $0.confusion.average(average, of: value) }
    }
  }

  private static let ranking: [Metric] =
    [2, 3].map { k in
      Metric("top_\(k)_accuracy", title: "top-\(k)", input: .scores) { (predictions) throws(MetricError) in
        let scores = try predictions.requireScores(for: "top_\(k)_accuracy")
        return try topKAccuracy(truth: predictions.truth, scores: scores, k: k)
      }
    }
    + Average.allCases.map { average in
      Metric("roc_auc_ovr_\(average)", title: "\(average) ROC AUC", input: .probabilities) {
        (predictions) throws(MetricError) in
        let scores = try predictions.requireScores(for: "roc_auc_ovr_\(average)")
        return try rocAUC(truth: predictions.truth, scores: scores, average: average)
      }
    }
    + Average.allCases.map { average in
      Metric("average_precision_\(average)", title: "\(average) AP", input: .scores) {
        (predictions) throws(MetricError) in
        let scores = try predictions.requireScores(for: "average_precision_\(average)")
        return try averagePrecision(truth: predictions.truth, scores: scores, average: average)
      }
    }
    + [
      Metric("roc_auc_ovr_macro_curve", title: "AUC of macro ROC", input: .probabilities) {
        (predictions) throws(MetricError) in
        let scores = try predictions.requireScores(for: "roc_auc_ovr_macro_curve")
        try scores.requireNormalizedRows()
        return try AveragedCurve.roc(truth: predictions.truth, scores: scores).area
      },
      Metric("average_precision_macro_curve", title: "AP of macro PR", input: .scores) {
        (predictions) throws(MetricError) in
        let scores = try predictions.requireScores(for: "average_precision_macro_curve")
        return try AveragedCurve.precisionRecall(truth: predictions.truth, scores: scores).area
      },
    ]

  private static let probabilistic: [Metric] = [
    Metric("log_loss", title: "log-loss", input: .probabilities, best: 0, worst: .infinity) {
      (predictions) throws(MetricError) in
      try logLoss(truth: predictions.truth, scores: predictions.requireScores(for: "log_loss"))
    },
    Metric("brier_score", title: "Brier", input: .probabilities, best: 0, worst: 2) {
      (predictions) throws(MetricError) in
      try brierScore(truth: predictions.truth, scores: predictions.requireScores(for: "brier_score"))
    },
    Metric("expected_calibration_error", title: "ECE", input: .probabilities, best: 0, worst: 1) {
      (predictions) throws(MetricError) in
      let scores = try predictions.requireScores(for: "expected_calibration_error")
      return try Calibration(truth: predictions.truth, scores: scores).expectedError
    },
    Metric("maximum_calibration_error", title: "MCE", input: .probabilities, best: 0, worst: 1) {
      (predictions) throws(MetricError) in
      let scores = try predictions.requireScores(for: "maximum_calibration_error")
      return try Calibration(truth: predictions.truth, scores: scores).maximumError
    },
    Metric("risk_coverage_area", title: "AURC", input: .probabilities, best: 0, worst: 1) {
      (predictions) throws(MetricError) in
      let scores = try predictions.requireScores(for: "risk_coverage_area")
      return try RiskCoverageCurve(truth: predictions.truth, scores: scores).area
    },
  ]
}
