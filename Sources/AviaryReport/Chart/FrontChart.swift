import Foundation

/// Accuracy against time, a point a model: the upper left is where one wants to be, the line is the front.
public struct FrontChart: Chart {
  public let rows: [Ranking.Row]
  public let title: String
  public let subtitle: String

  /// - Throws: `ReportError.empty` where no time was measured.
  public init(_ ranking: Ranking, title: String = "Accuracy and time") throws(ReportError) {
    rows = ranking.rows.filter { $0.kind != "oracle" && ($0.milliseconds ?? 0) > 0 }
    guard !rows.isEmpty else { throw .empty(what: "chart of accuracy and time") }
    self.title = title
    subtitle = "bars: 95 % intervals · line: nothing is both more accurate and faster"
  }

  public func svg() -> String {
    let frame = PlotFrame(left: 76, top: 76, width: 560, height: 380)
    let names = rows.map { TextFit.truncated($0.name, width: 220, size: 12.5) }
    let legend = frame.right + 26
    let widest = names.map { TextFit.width($0, size: 12.5) }.max() ?? 0
    var svg = SVG(
      width: legend + 24 + widest + PlotFrame.margin,
      height: max(frame.bottom, frame.top + Double(rows.count + 1) * 22) + 62)
    PlotFrame.drawTitle(title, subtitle: subtitle, in: &svg)
    let times = rows.compactMap(\.milliseconds).map { log10($0) }
    let left = (times.min() ?? 0) - 0.15
    let right = max((times.max() ?? 1) + 0.15, left + 0.3)
    let bottom = max(0, ((rows.map(\.accuracyInterval.lower).min() ?? 0) * 20).rounded(.down) / 20)
    let top = min(1, ((rows.map(\.accuracyInterval.upper).max() ?? 1) * 20).rounded(.up) / 20)
    func place(_ milliseconds: Double, _ accuracy: Double) -> (x: Double, y: Double) {
      frame.point(
        (log10(milliseconds) - left) / (right - left), (accuracy - bottom) / max(top - bottom, 1e-6))
    }
    drawAxes(frame, left: left, right: right, bottom: bottom, top: top, place, in: &svg)
    let front = rows.filter(\.isPareto).sorted { ($0.milliseconds ?? 0) < ($1.milliseconds ?? 0) }
    for (a, b) in zip(front, front.dropFirst()) {
      let from = place(a.milliseconds ?? 1, a.accuracy)
      let to = place(b.milliseconds ?? 1, b.accuracy)
      svg.line(from: from, to: (to.x, from.y), color: .quiet, width: 1.5, dashed: true)
      svg.line(from: (to.x, from.y), to: to, color: .quiet, width: 1.5, dashed: true)
    }
    for (index, row) in rows.enumerated() {
      let color = Color.series(index, of: rows.count)
      let time = row.milliseconds ?? 1
      svg.line(
        from: place(time, row.accuracyInterval.lower), to: place(time, row.accuracyInterval.upper),
        color: color,
        width: 2)
      let point = place(time, row.accuracy)
      svg.rectangle(
        x: point.x - 6, y: point.y - 6, width: 12, height: 12, fill: color,
        radius: row.kind == "model" ? 6 : 1,
        tooltip: "\(row.name): accuracy \(NumberText.fixed(row.accuracy, digits: 4)), "
          + "\(NumberText.fixed(time, digits: 2)) ms")
      let y = frame.top + Double(index + 1) * 22
      svg.rectangle(
        x: legend, y: y - 6, width: 12, height: 12, fill: color, radius: row.kind == "model" ? 6 : 1)
      svg.text(names[index], x: legend + 20, y: y + 4.5, .init(size: 12.5, bold: row.isPareto))
    }
    return svg.document(title: title)
  }

  private func drawAxes(
    _ frame: PlotFrame, left: Double, right: Double, bottom: Double, top: Double,
    _ place: (Double, Double) -> (x: Double, y: Double), in svg: inout SVG
  ) {
    for tick in Axis.ticks(upTo: top, count: Int((5 * top / max(top - bottom, 0.05)).rounded(.up)))
    where tick.value >= bottom - 1e-9 {
      let y = place(1, tick.value).y
      svg.line(from: (frame.left, y), to: (frame.right, y), color: .rule)
      svg.text(tick.decimal, x: frame.left - 8, y: y + 4, .init(size: 11, color: .quiet, anchor: .end))
    }
    for power in stride(from: left.rounded(.down), through: right, by: 1) {
      for factor in [1.0, 2, 5] {
        let value = factor * pow(10, power)
        guard log10(value) >= left, log10(value) <= right else { continue }
        let x = place(value, bottom).x
        svg.line(from: (x, frame.top), to: (x, frame.bottom), color: .rule)
        svg.text(
          NumberText.shortest(value), x: x, y: frame.bottom + 18,
          .init(size: 11, color: .quiet, anchor: .middle))
      }
    }
    frame.drawVerticalName("accuracy", in: &svg)
    svg.text(
      "milliseconds of one picture, in powers", x: frame.left + frame.width / 2, y: frame.bottom + 42,
      .init(size: 13, color: .quiet, anchor: .middle))
  }
}
