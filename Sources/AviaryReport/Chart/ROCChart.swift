import AviaryMetrics

/// ROC curves in one picture: the classes of a model with their averages, or several models, each with its
/// area in the legend.
public struct ROCChart: Chart {
  /// One curve and its name.
  public struct Series: Sendable {
    public let name: String
    let points: [(x: Double, y: Double)]
    let area: Double
    let isAverage: Bool

    public init(name: String, curve: ROCCurve) {
      self.init(name: name, curve: curve, isAverage: false)
    }

    /// - Parameter isAverage: of several classes; drawn dashed.
    public init(name: String, curve: ROCCurve, isAverage: Bool) {
      self.name = name
      points = zip(curve.falsePositiveRate, curve.truePositiveRate).map { ($0, $1) }
      area = curve.area
      self.isAverage = isAverage
    }

    /// A mean curve, drawn dashed.
    public init(name: String, average: AveragedCurve) {
      self.name = name
      points = zip(average.x, average.y).map { ($0, $1) }
      area = average.area
      isAverage = true
    }
  }

  /// Curves whose rates are undefined, for want of positive or negative samples, are only named in the
  /// legend.
  public let series: [Series]
  public let title: String
  public let subtitle: String

  /// - Throws: `ReportError.empty` without curves.
  public init(_ series: [Series], title: String = "ROC", subtitle: String = "") throws(ReportError) {
    guard !series.isEmpty else { throw .empty(what: "ROC chart") }
    self.series = series
    self.title = title
    self.subtitle = subtitle
  }

  /// One curve for each class against the rest.
  /// - Parameters:
  ///   - labels: the names of the classes.
  ///   - averages: also the pooled curve (micro) and the mean curve (macro).
  /// - Throws: `ReportError.mismatch` for labels that are not one per class; `MetricError` for bad truth.
  public init(
    truth: [Int], scores: ScoreMatrix, labels: [String], title: String = "ROC", averages: Bool = false
  ) throws {
    guard labels.count == scores.classes else {
      throw ReportError.mismatch(what: "labels", got: labels.count, expected: scores.classes)
    }
    var series = try labels.enumerated().map { c, label in
      Series(name: label, curve: try ROCCurve(truth: truth, scores: scores, class: c))
    }
    if averages {
      series += [
        Series(
          name: "micro average", curve: try ROCCurve(poolingClassesOf: truth, scores: scores),
          isAverage: true),
        Series(name: "macro average curve", average: try AveragedCurve.roc(truth: truth, scores: scores)),
      ]
    }
    try self.init(
      series, title: title,
      subtitle: "each class against the rest · \(NumberText.grouped(truth.count)) samples")
  }

  public func svg() -> String {
    LinePlot(
      lines: series.map { .init(name: $0.name, points: $0.points, value: $0.area, isDashed: $0.isAverage) },
      title: title, subtitle: subtitle, horizontal: "false positive rate", vertical: "true positive rate",
      valueName: "area", chance: .diagonal
    ).svg()
  }
}
