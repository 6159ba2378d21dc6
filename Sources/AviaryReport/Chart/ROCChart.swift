import AviaryMetrics

/// ROC curves in one picture: the classes of a model, or several models, each with its area in the legend.
public struct ROCChart: Chart {
  /// One curve and its name.
  public struct Series: Sendable {
    public let name: String
    public let curve: ROCCurve

    public init(name: String, curve: ROCCurve) {
      self.name = name
      self.curve = curve
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
  /// - Parameter labels: the names of the classes.
  /// - Throws: `ReportError.mismatch` for labels that are not one per class; `MetricError` for bad truth.
  public init(truth: [Int], scores: ScoreMatrix, labels: [String], title: String = "ROC") throws {
    guard labels.count == scores.classes else {
      throw ReportError.mismatch(what: "labels", got: labels.count, expected: scores.classes)
    }
    let series = try labels.enumerated().map { c, label in
      Series(name: label, curve: try ROCCurve(truth: truth, scores: scores, class: c))
    }
    try self.init(
      series, title: title,
      subtitle: "each class against the rest · \(NumberText.grouped(truth.count)) samples")
  }

  /// Legends beyond this become longer than the picture and say less than they hide.
  private static let longestLegend = 40

  public func svg() -> String {
    let lineHeight = 22.0
    let shown = min(series.count, Self.longestLegend)
    let side = max(440, Double(shown + 1) * lineHeight)
    let names = series.prefix(shown).map { TextFit.truncated($0.name, width: 220, size: 12.5) }
    let widest = names.map { TextFit.width($0, size: 12.5) }.max() ?? 0
    let frame = PlotFrame(left: 76, top: 76, width: 440, height: 440)
    let legend = frame.right + 26
    var svg = SVG(
      width: (legend + 30 + widest + 60 + PlotFrame.margin).rounded(.up), height: frame.top + side + 62)
    PlotFrame.drawTitle(title, subtitle: subtitle, in: &svg)
    drawAxes(frame, in: &svg)
    // The first series is drawn last and lies on top.
    for (i, one) in series.enumerated().reversed() {
      draw(one.curve, color: .series(i, of: series.count), frame, in: &svg)
    }
    svg.text(
      "area", x: legend + 30 + widest + 52, y: frame.top + 4, .init(size: 11, color: .quiet, anchor: .end))
    for (i, name) in names.enumerated() {
      let y = frame.top + Double(i + 1) * lineHeight
      svg.line(from: (legend, y), to: (legend + 22, y), color: .series(i, of: series.count), width: 3)
      svg.text(name, x: legend + 30, y: y + 4.5, .init(size: 12.5))
      svg.text(
        NumberText.fixed(series[i].curve.area, digits: 3), x: legend + 30 + widest + 52, y: y + 4.5,
        .init(size: 12.5, anchor: .end))
    }
    if series.count > shown {
      svg.text(
        "and \(series.count - shown) more", x: legend, y: frame.top + Double(shown + 1) * lineHeight + 4.5,
        .init(size: 12.5, color: .quiet))
    }
    return svg.document(title: title)
  }

  private func drawAxes(_ frame: PlotFrame, in svg: inout SVG) {
    frame.drawHorizontalRules(in: &svg)
    for tick in Axis.ticks(upTo: 1, count: 5) {
      let x = frame.point(tick.value, 0).x
      svg.line(from: (x, frame.top), to: (x, frame.bottom), color: .rule)
      svg.text(
        tick.decimal, x: x, y: frame.bottom + 18, .init(size: 11, color: .quiet, anchor: .middle))
    }
    svg.line(from: frame.point(0, 0), to: frame.point(1, 1), color: .quiet, dashed: true)
    frame.drawVerticalName("true positive rate", in: &svg)
    svg.text(
      "false positive rate", x: frame.left + frame.width / 2, y: frame.bottom + 42,
      .init(size: 13, color: .quiet, anchor: .middle))
  }

  private func draw(_ curve: ROCCurve, color: Color, _ frame: PlotFrame, in svg: inout SVG) {
    var data = ""
    var last = (x: -1.0, y: -1.0)
    let points = zip(curve.falsePositiveRate, curve.truePositiveRate)
    for (i, point) in points.enumerated() where point.0.isFinite && point.1.isFinite {
      let (x, y) = frame.point(point.0, point.1)
      // A step below a third of a pixel cannot be seen; the last point must be there.
      let isLast = i == curve.thresholds.count - 1
      guard isLast || abs(x - last.x) + abs(y - last.y) > 0.3 else { continue }
      data += "\(data.isEmpty ? "M" : "L")\(SVG.number(x)) \(SVG.number(y))"
      last = (x, y)
    }
    if !data.isEmpty { svg.path(data, stroke: color, width: 2) }
  }
}
