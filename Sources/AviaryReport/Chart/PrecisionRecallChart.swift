import AviaryMetrics

/// Precision-recall curves in one picture: the classes of a model with their averages, or several models,
/// each with its average precision in the legend.
public struct PrecisionRecallChart: Chart {
  /// One curve and its name.
  public struct Series: Sendable {
    public let name: String
    let points: [(x: Double, y: Double)]
    let value: Double
    let isAverage: Bool

    /// - Parameter isAverage: of several classes; drawn dashed.
    public init(name: String, curve: PrecisionRecallCurve, isAverage: Bool = false) {
      self.name = name
      // The end point (recall 0, precision 1) has no threshold; the curve begins where an answer is given.
      points = zip(curve.recall, curve.precision).dropLast().reversed().map { ($0, $1) }
      value = curve.averagePrecision
      self.isAverage = isAverage
    }

    /// A mean curve, drawn dashed.
    public init(name: String, average: AveragedCurve) {
      self.name = name
      points = zip(average.x, average.y).dropFirst().map { ($0, $1) }
      value = average.area
      isAverage = true
    }
  }

  public let series: [Series]
  public let title: String
  public let subtitle: String

  /// - Throws: `ReportError.empty` without curves.
  public init(
    _ series: [Series], title: String = "Precision and recall", subtitle: String = ""
  ) throws(ReportError) {
    guard !series.isEmpty else { throw .empty(what: "precision-recall chart") }
    self.series = series
    self.title = title
    self.subtitle = subtitle
  }

  /// One curve for each class against the rest, the pooled curve (micro) and the mean curve (macro).
  /// - Parameter labels: the names of the classes. A class without samples is only named in the legend.
  /// - Throws: `ReportError.mismatch` for labels that are not one per class; `MetricError` for bad truth.
  public init(
    truth: [Int], scores: ScoreMatrix, labels: [String], title: String = "Precision and recall"
  ) throws {
    guard labels.count == scores.classes else {
      throw ReportError.mismatch(what: "labels", got: labels.count, expected: scores.classes)
    }
    let present = Set(truth)
    var series = try labels.enumerated().map { c, label in
      present.contains(c)
        ? Series(name: label, curve: try PrecisionRecallCurve(truth: truth, scores: scores, class: c))
        : Series(name: label)
    }
    series += [
      Series(
        name: "micro average", curve: try PrecisionRecallCurve(poolingClassesOf: truth, scores: scores),
        isAverage: true),
      Series(
        name: "macro average curve",
        average: try AveragedCurve.precisionRecall(truth: truth, scores: scores)),
    ]
    try self.init(
      series, title: title,
      subtitle: "each class against the rest · \(NumberText.grouped(truth.count)) samples")
  }

  public func svg() -> String {
    LinePlot(
      lines: series.map { .init(name: $0.name, points: $0.points, value: $0.value, isDashed: $0.isAverage) },
      title: title, subtitle: subtitle, horizontal: "recall", vertical: "precision",
      valueName: "AP"
    ).svg()
  }
}

extension PrecisionRecallChart.Series {
  /// A class that no curve can be drawn of.
  fileprivate init(name: String) {
    self.name = name
    points = []
    value = .nan
    isAverage = false
  }
}
