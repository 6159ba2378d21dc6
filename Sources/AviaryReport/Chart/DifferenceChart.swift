import AviaryMetrics

/// Differences with their intervals, one below the other, around a line at zero.
public struct DifferenceChart: Chart {
  public struct Row: Sendable {
    public let name: String
    public let estimate: PairedBootstrap.Estimate
    /// Whether it is beyond chance; drawn in full colour.
    public let isSignificant: Bool

    public init(name: String, estimate: PairedBootstrap.Estimate, isSignificant: Bool) {
      self.name = name
      self.estimate = estimate
      self.isSignificant = isSignificant
    }
  }

  public let rows: [Row]
  public let title: String
  public let subtitle: String

  /// - Throws: `ReportError.empty` without rows.
  public init(_ rows: [Row], title: String, subtitle: String = "") throws(ReportError) {
    guard !rows.isEmpty else { throw .empty(what: "chart of differences") }
    self.rows = rows
    self.title = title
    self.subtitle = subtitle
  }

  private static let rowHeight = 28.0

  public func svg() -> String {
    let names = rows.map { TextFit.truncated($0.name, width: 300, size: 12.5) }
    let widest = names.map { TextFit.width($0, size: 12.5) }.max() ?? 0
    let frame = PlotFrame(
      left: PlotFrame.margin + widest + 14, top: 76, width: 420,
      height: Double(rows.count) * Self.rowHeight)
    var svg = SVG(width: frame.right + 110, height: frame.bottom + 60)
    PlotFrame.drawTitle(title, subtitle: subtitle, in: &svg)
    let largest =
      rows.map { max($0.estimate.lower.magnitude, $0.estimate.upper.magnitude) }
      .filter(\.isFinite).max() ?? 0
    let limit = Axis.ceiling(max(largest, 1e-3))
    func x(_ value: Double) -> Double { frame.point((value / limit + 1) / 2, 0).x }
    for tick in Axis.ticks(upTo: limit, count: 2) {
      for value in Set([tick.value, -tick.value]) {
        svg.line(from: (x(value), frame.top), to: (x(value), frame.bottom), color: .rule)
        svg.text(
          (value < 0 ? "−" : value > 0 ? "+" : "") + NumberText.fixed(value.magnitude, digits: tick.digits),
          x: x(value), y: frame.bottom + 18, .init(size: 11, color: .quiet, anchor: .middle))
      }
    }
    svg.line(from: (x(0), frame.top), to: (x(0), frame.bottom), color: .ink)
    svg.text(
      "← second is better · first is better →", x: x(0), y: frame.bottom + 42,
      .init(size: 12, color: .quiet, anchor: .middle))
    for (index, row) in rows.enumerated() {
      let y = frame.top + (Double(index) + 0.5) * Self.rowHeight
      let color: Color = row.isSignificant ? .series(0, of: 1) : Color(hex: 0x8A94A0)
      let estimate = row.estimate
      svg.text(names[index], x: frame.left - 10, y: y + 4.5, .init(size: 12.5, anchor: .end))
      svg.line(from: (x(estimate.lower), y), to: (x(estimate.upper), y), color: color, width: 2.5)
      for end in [estimate.lower, estimate.upper] {
        svg.line(from: (x(end), y - 5), to: (x(end), y + 5), color: color, width: 2.5)
      }
      let text =
        "\(row.name): \(NumberText.fixed(estimate.value, digits: 4)), "
        + "95 % \(NumberText.fixed(estimate.lower, digits: 4)) to \(NumberText.fixed(estimate.upper, digits: 4))"
      svg.rectangle(
        x: x(estimate.value) - 5, y: y - 5, width: 10, height: 10, fill: color, radius: 5, tooltip: text)
      svg.text(
        (estimate.value < 0 ? "−" : "+") + NumberText.fixed(estimate.value.magnitude, digits: 4),
        x: frame.right + 14, y: y + 4.5, .init(size: 12.5))
    }
    return svg.document(title: title)
  }
}
