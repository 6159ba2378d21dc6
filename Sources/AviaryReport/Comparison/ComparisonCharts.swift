import AviaryEvaluation
import AviaryMetrics

/// Every chart of a comparison, with a name for its file and a text that says what it shows.
public struct ComparisonCharts: Sendable {
  public struct Item: Sendable {
    /// For files: letters, digits and underscores.
    public let name: String
    /// The model it is about, where it is about one.
    public let model: String?
    public let chart: DescribedChart
  }

  private let comparison: Comparison
  private let ranking: Ranking
  private let place: String

  public init(_ report: ComparisonReport) {
    comparison = report.comparison
    ranking = report.ranking
    let data = report.comparison.entries.first?.summary.data
    place = data.map { "\($0.kind) \($0.split)" } ?? ""
  }

  /// About all models together.
  ///
  /// - Throws: `ReportError`, `MetricError`.
  public func common() throws -> [Item] {
    var items: [Item] = []
    func add(_ name: String, _ chart: any Chart, _ description: String) {
      items.append(Item(name: name, model: nil, chart: DescribedChart(chart, description)))
    }
    if ranking.rows.contains(where: { ($0.milliseconds ?? 0) > 0 && $0.kind != "oracle" }) {
      add("accuracy_time", try FrontChart(ranking), points)
    }
    if !comparison.pairs.isEmpty {
      add(
        "accuracy_differences", try differences("accuracy", \.accuracy),
        differenceText("accuracy", \.accuracy))
      add("f1_differences", try differences("macro-F1", \.macroF1), differenceText("macro-F1", \.macroF1))
    }
    let f1 = try comparison.entries.map { entry in
      try ClassBarChart.Series(name: entry.name, matrix: entry.summary.confusion)
    }
    add(
      "f1_by_class", try ClassBarChart(labels: comparison.classes, series: f1, subtitle: place), classText(f1)
    )
    let curves = try comparison.entries.compactMap { entry -> (String, AveragedCurve, AveragedCurve)? in
      guard let scores = entry.predictions.scores else { return nil }
      let truth = entry.predictions.truth
      return (
        entry.name, try .roc(truth: truth, scores: scores), try .precisionRecall(truth: truth, scores: scores)
      )
    }
    if !curves.isEmpty {
      add(
        "roc_models",
        try ROCChart(
          curves.map { .init(name: $0.0, average: $0.1) }, title: "ROC",
          subtitle: "mean over the classes · \(place)"
        ),
        "Areas under the mean ROC curves: " + list(curves.map { ($0.0, $0.1.area) }))
      add(
        "precision_recall_models",
        try PrecisionRecallChart(
          curves.map { .init(name: $0.0, average: $0.2) }, title: "Precision and recall",
          subtitle: "mean over the classes · \(place)"),
        "Areas under the mean precision-recall curves: " + list(curves.map { ($0.0, $0.2.area) }))
    }
    let costs = comparison.entries.compactMap { entry in entry.cost.map { (name: entry.name, cost: $0) } }
    if costs.contains(where: { !$0.cost.milliseconds.isEmpty }) {
      let threads = Set(costs.map(\.cost.threads)).sorted().map(String.init).joined(separator: ", ")
      add(
        "latency", try LatencyChart(costs, subtitle: "one picture a run · \(threads) thread(s)"),
        "Median milliseconds of one picture: "
          + list(costs.compactMap { row in row.cost.median.map { (row.name, $0) } }))
    }
    return items
  }

  /// About one model.
  ///
  /// - Throws: `ReportError`, `MetricError`.
  public func of(_ entry: Comparison.Entry) throws -> [Item] {
    let matrix = try ConfusionMatrixReport(entry.summary.confusion, labels: comparison.classes)
    let recalls = zip(comparison.classes, entry.summary.report.classes).map { ($0, $1.scores.recall) }
    var items = [
      Item(
        name: "confusion_matrix", model: entry.name,
        chart: DescribedChart(
          ConfusionMatrixChart(matrix, title: entry.name),
          "Share of each class that is found: " + list(recalls)))
    ]
    guard let scores = entry.predictions.scores else { return items }
    let truth = entry.predictions.truth
    let calibration = entry.summary.details.calibration
    let areas = entry.summary.details.classes.map { ($0.name, $0["roc_auc"] ?? .nan) }
    let precisions = entry.summary.details.classes.map { ($0.name, $0["average_precision"] ?? .nan) }
    let charts: [(String, any Chart, String)] = [
      (
        "roc",
        try ROCChart(
          truth: truth, scores: scores, labels: comparison.classes, title: "\(entry.name): ROC",
          averages: true),
        "Areas by class: " + list(areas)
      ),
      (
        "precision_recall",
        try PrecisionRecallChart(
          truth: truth, scores: scores, labels: comparison.classes,
          title: "\(entry.name): precision and recall"),
        "Average precision by class: " + list(precisions)
      ),
      (
        "reliability",
        ReliabilityChart(calibration, title: "\(entry.name): reliability", subtitle: place),
        "Expected calibration error \(NumberText.fixed(calibration.expectedError, digits: 4)), largest "
          + NumberText.fixed(calibration.maximumError, digits: 4)
      ),
      (
        "risk_coverage",
        try RiskCoverageChart(
          [.init(name: entry.name, curve: entry.summary.details.riskCoverage)],
          title: "\(entry.name): risk and coverage", subtitle: place),
        "Share of wrong answers when only the surest are given; area under the curve "
          + NumberText.fixed(entry.summary.details.riskCoverage.area, digits: 4)
      ),
    ]
    items += charts.map { Item(name: $0.0, model: entry.name, chart: DescribedChart($0.1, $0.2)) }
    return items
  }

  private func differences(
    _ what: String, _ value: (PairComparison) -> PairedBootstrap.Estimate
  ) throws(ReportError) -> DifferenceChart {
    try DifferenceChart(
      comparison.pairs.map { pair in
        DifferenceChart.Row(
          name: pairName(pair), estimate: value(pair), isSignificant: pair.isSignificant)
      }, title: "Differences in \(what)",
      subtitle: "95 % intervals by paired bootstrap · grey: McNemar's test does not decide")
  }

  private func pairName(_ pair: PairComparison) -> String {
    "\(comparison.entries[pair.first].name) − \(comparison.entries[pair.second].name)"
  }

  private func differenceText(
    _ what: String, _ value: (PairComparison) -> PairedBootstrap.Estimate
  ) -> String {
    "Difference in \(what), first minus second: "
      + list(comparison.pairs.map { (pairName($0), value($0).value) })
  }

  private var points: String {
    ranking.rows.filter { $0.kind != "oracle" }.map { row in
      "\(row.name) \(NumberText.fixed(row.accuracy, digits: 4)) at "
        + "\(NumberText.fixed(row.milliseconds ?? .nan, digits: 2)) ms"
    }.joined(separator: "; ")
  }

  private func classText(_ series: [ClassBarChart.Series]) -> String {
    series.map { one in "\(one.name): " + list(Array(zip(comparison.classes, one.values))) }.joined(
      separator: "; ")
  }

  private func list(_ values: [(String, Double)]) -> String {
    values.map { "\($0.0) \(NumberText.fixed($0.1, digits: 4))" }.joined(separator: ", ")
  }
}
