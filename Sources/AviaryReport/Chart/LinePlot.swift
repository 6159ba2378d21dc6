/// Lines in the unit square with a legend beside them that gives one number for each: what the charts of
/// curves have in common.
struct LinePlot {
  struct Line {
    let name: String
    /// From left to right, in 0...1; points that are not finite are left out.
    let points: [(x: Double, y: Double)]
    /// The number in the legend.
    let value: Double
    /// Keeps its level from one point to the next one on its right, instead of running straight to it.
    var isStep = false
    var isDashed = false
  }

  /// The line that a model without any knowledge draws.
  enum Chance { case none, diagonal }

  let lines: [Line]
  let title: String
  let subtitle: String
  let horizontal: String
  let vertical: String
  /// What the numbers of the legend are.
  let valueName: String
  var chance = Chance.none
  /// The value at the upper end of the vertical axis.
  var top = 1.0

  /// Legends beyond this become longer than the picture and say less than they hide.
  private static let longestLegend = 40
  private static let lineHeight = 22.0

  func svg() -> String {
    let shown = min(lines.count, Self.longestLegend)
    let side = max(440, Double(shown + 1) * Self.lineHeight)
    let names = lines.prefix(shown).map { TextFit.truncated($0.name, width: 220, size: 12.5) }
    let widest = names.map { TextFit.width($0, size: 12.5) }.max() ?? 0
    let frame = PlotFrame(left: 76, top: 76, width: 440, height: 440)
    let legend = frame.right + 26
    var svg = SVG(
      width: (legend + 30 + widest + 60 + PlotFrame.margin).rounded(.up), height: frame.top + side + 62)
    PlotFrame.drawTitle(title, subtitle: subtitle, in: &svg)
    drawAxes(frame, in: &svg)
    // The first line is drawn last and lies on top.
    for (i, line) in lines.enumerated().reversed() {
      draw(line, color: .series(i, of: lines.count), frame, in: &svg)
    }
    svg.text(
      valueName, x: legend + 30 + widest + 52, y: frame.top + 4,
      .init(size: 11, color: .quiet, anchor: .end))
    for (i, name) in names.enumerated() {
      let y = frame.top + Double(i + 1) * Self.lineHeight
      svg.line(
        from: (legend, y), to: (legend + 22, y), color: .series(i, of: lines.count), width: 3,
        dashed: lines[i].isDashed)
      svg.text(name, x: legend + 30, y: y + 4.5, .init(size: 12.5))
      svg.text(
        NumberText.fixed(lines[i].value, digits: 3), x: legend + 30 + widest + 52, y: y + 4.5,
        .init(size: 12.5, anchor: .end))
    }
    if lines.count > shown {
      svg.text(
        "and \(lines.count - shown) more", x: legend,
        y: frame.top + Double(shown + 1) * Self.lineHeight + 4.5, .init(size: 12.5, color: .quiet))
    }
    return svg.document(title: title)
  }

  private func drawAxes(_ frame: PlotFrame, in svg: inout SVG) {
    for tick in Axis.ticks(upTo: top, count: 5) {
      let y = frame.point(0, tick.value / top).y
      svg.line(from: (frame.left, y), to: (frame.right, y), color: .rule)
      svg.text(tick.decimal, x: frame.left - 8, y: y + 4, .init(size: 11, color: .quiet, anchor: .end))
    }
    for tick in Axis.ticks(upTo: 1, count: 5) {
      let x = frame.point(tick.value, 0).x
      svg.line(from: (x, frame.top), to: (x, frame.bottom), color: .rule)
      svg.text(
        tick.decimal, x: x, y: frame.bottom + 18, .init(size: 11, color: .quiet, anchor: .middle))
    }
    if chance == .diagonal {
      svg.line(from: frame.point(0, 0), to: frame.point(1, 1), color: .quiet, dashed: true)
    }
    frame.drawVerticalName(vertical, in: &svg)
    svg.text(
      horizontal, x: frame.left + frame.width / 2, y: frame.bottom + 42,
      .init(size: 13, color: .quiet, anchor: .middle))
  }

  private func draw(_ line: Line, color: Color, _ frame: PlotFrame, in svg: inout SVG) {
    var data = ""
    var last = (x: -1.0, y: -1.0)
    for (i, point) in line.points.enumerated() where point.x.isFinite && point.y.isFinite {
      let (x, y) = frame.point(point.x, point.y / top)
      // A move below a third of a pixel cannot be seen; the last point must be there.
      let isLast = i == line.points.count - 1
      guard isLast || abs(x - last.x) + abs(y - last.y) > 0.3 else { continue }
      if line.isStep, !data.isEmpty { data += "L\(SVG.number(x)) \(SVG.number(last.y))" }
      data += "\(data.isEmpty ? "M" : "L")\(SVG.number(x)) \(SVG.number(y))"
      last = (x, y)
    }
    if !data.isEmpty { svg.path(data, stroke: color, width: 2, dashed: line.isDashed) }
  }
}
