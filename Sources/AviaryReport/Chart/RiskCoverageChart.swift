import AviaryMetrics

/// How much is wrong of what a model answers when it answers only what it is surest of; one line a model.
public struct RiskCoverageChart: Chart {
  /// One curve and its name.
  public struct Series: Sendable {
    public let name: String
    public let curve: RiskCoverageCurve

    public init(name: String, curve: RiskCoverageCurve) {
      self.name = name
      self.curve = curve
    }
  }

  public let series: [Series]
  public let title: String
  public let subtitle: String

  /// - Throws: `ReportError.empty` without curves.
  public init(
    _ series: [Series], title: String = "Risk and coverage", subtitle: String = ""
  ) throws(ReportError) {
    guard !series.isEmpty else { throw .empty(what: "risk-coverage chart") }
    self.series = series
    self.title = title
    self.subtitle = subtitle
  }

  public func svg() -> String {
    let highest = series.flatMap(\.curve.risk).max() ?? 1
    return LinePlot(
      lines: series.map {
        .init(
          name: $0.name, points: zip($0.curve.coverage, $0.curve.risk).map { ($0, $1) },
          value: $0.curve.area)
      },
      title: title, subtitle: subtitle, horizontal: "coverage: samples answered, surest first",
      vertical: "risk: answers that are wrong", valueName: "area",
      top: min(1, Axis.ceiling(max(highest, 0.01)))
    ).svg()
  }
}
