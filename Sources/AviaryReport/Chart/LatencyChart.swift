import AviaryEvaluation
import Foundation

/// How long single pictures take: every run as a mark, the middle 80 % as a box, the median as a line.
public struct LatencyChart: Chart {
  public let rows: [(name: String, cost: RunCost)]
  public let title: String
  public let subtitle: String

  /// - Throws: `ReportError.empty` where nothing was measured.
  public init(
    _ rows: [(name: String, cost: RunCost)], title: String = "Time of one picture", subtitle: String = ""
  ) throws(ReportError) {
    self.rows = rows.filter { $0.cost.milliseconds.contains { $0 > 0 } }
    guard !self.rows.isEmpty else { throw .empty(what: "chart of times") }
    self.title = title
    self.subtitle = subtitle
  }

  private static let rowHeight = 34.0

  /// Powers of ten around all times.
  private var range: (low: Double, high: Double) {
    let times = rows.flatMap(\.cost.milliseconds).filter { $0 > 0 }
    let low = log10(times.min() ?? 1).rounded(.down)
    return (low, max(low + 1, log10(times.max() ?? 1).rounded(.up)))
  }

  public func svg() -> String {
    let names = rows.map { TextFit.truncated($0.name, width: 240, size: 12.5) }
    let widest = names.map { TextFit.width($0, size: 12.5) }.max() ?? 0
    let frame = PlotFrame(
      left: PlotFrame.margin + widest + 14, top: 76, width: 440, height: Double(rows.count) * Self.rowHeight)
    var svg = SVG(width: frame.right + 190, height: frame.bottom + 60)
    PlotFrame.drawTitle(title, subtitle: subtitle, in: &svg)
    let (low, high) = range
    func x(_ milliseconds: Double) -> Double {
      frame.point((log10(max(milliseconds, 1e-9)) - low) / (high - low), 0).x
    }
    for power in stride(from: low, through: high, by: 1) {
      for factor in [1.0, 2, 5] where power < high || factor == 1 {
        let value = factor * pow(10, power)
        svg.line(from: (x(value), frame.top), to: (x(value), frame.bottom), color: .rule)
        svg.text(
          NumberText.shortest(value), x: x(value), y: frame.bottom + 18,
          .init(size: 11, color: .quiet, anchor: .middle))
      }
    }
    svg.text(
      "milliseconds, in powers", x: frame.left + frame.width / 2, y: frame.bottom + 42,
      .init(size: 12, color: .quiet, anchor: .middle))
    for (index, row) in rows.enumerated() {
      draw(
        row.cost, names[index], y: frame.top + (Double(index) + 0.5) * Self.rowHeight,
        color: .series(index, of: rows.count), frame, x, in: &svg)
    }
    return svg.document(title: title)
  }

  private func draw(
    _ cost: RunCost, _ name: String, y: Double, color: Color, _ frame: PlotFrame, _ x: (Double) -> Double,
    in svg: inout SVG
  ) {
    svg.text(name, x: frame.left - 10, y: y + 4.5, .init(size: 12.5, anchor: .end))
    guard let median = cost.median, let p10 = cost.quantile(0.1), let p90 = cost.quantile(0.9),
      let p99 = cost.quantile(0.99)
    else { return }
    // Marks closer than half a pixel cannot be told apart.
    var path = ""
    var last = -Double.infinity
    for time in cost.milliseconds where x(time) - last > 0.5 {
      path += "M\(SVG.number(x(time))) \(SVG.number(y - 11))v22"
      last = x(time)
    }
    svg.path(path, stroke: color, width: 0.4)
    let text =
      "\(name): median \(NumberText.fixed(median, digits: 3)) ms, 10 % below "
      + "\(NumberText.fixed(p10, digits: 3)), "
      + "90 % below \(NumberText.fixed(p90, digits: 3)), 99 % below \(NumberText.fixed(p99, digits: 3)) of "
      + "\(cost.milliseconds.count) runs"
    svg.rectangle(
      x: x(p10), y: y - 7, width: max(1.5, x(p90) - x(p10)), height: 14, fill: color, radius: 2, tooltip: text
    )
    svg.line(from: (x(median), y - 11), to: (x(median), y + 11), color: .ink, width: 2)
    svg.text(
      "\(NumberText.fixed(median, digits: 2)) ms, p99 \(NumberText.fixed(p99, digits: 2))",
      x: frame.right + 14, y: y + 4.5, .init(size: 12.5))
  }
}
