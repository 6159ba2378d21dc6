import Foundation

/// How the probabilities of classes change over time, a panel for each face.
public struct TimelineChart: Chart {
  /// One face as one model sees it.
  public struct Panel: Sendable {
    public var name: String
    /// In the order of time; `scores` has one value a class.
    public var points: [(seconds: Double, scores: [Float])]

    public init(name: String, points: [(seconds: Double, scores: [Float])]) {
      self.name = name
      self.points = points
    }
  }

  let panels: [Panel]
  let labels: [String]
  let title: String
  let subtitle: String
  /// Points further apart than this are not joined, in seconds.
  let gap: Double
  let seconds: ClosedRange<Double>
  private let hidden: Int

  /// More panels would be longer than anybody reads.
  private static let mostPanels = 12
  private static let panelHeight = 130.0
  private static let plotWidth = 760.0

  /// - Parameters:
  ///   - panels: those with the most points are shown.
  ///   - gap: points further apart than this are not joined, in seconds.
  public init(_ panels: [Panel], labels: [String], title: String, subtitle: String, gap: Double) {
    let order = panels.indices.sorted { (panels[$0].points.count, $1) > (panels[$1].points.count, $0) }
    let shown = order.prefix(Self.mostPanels).sorted()
    self.panels = shown.map { panels[$0] }
    hidden = panels.count - shown.count
    self.labels = labels
    self.title = title
    self.subtitle = subtitle
    self.gap = gap
    let times = self.panels.flatMap { $0.points.map(\.seconds) }.filter(\.isFinite)
    let first = times.min() ?? 0
    seconds = first...max(times.max() ?? 1, first + 1e-3)
  }

  public func svg() -> String {
    let names = labels.map { TextFit.truncated($0, width: 160, size: 12.5) }
    let widest = names.map { TextFit.width($0, size: 12.5) }.max() ?? 0
    let left = 76.0
    let top = 84.0
    let step = Self.panelHeight + 34
    let legend = left + Self.plotWidth + 24
    let rows = Double(max(1, panels.count))
    let height = max(top + rows * step + 40, top + Double(labels.count + 1) * 22)
    var svg = SVG(width: (legend + 34 + widest + PlotFrame.margin).rounded(.up), height: height)
    PlotFrame.drawTitle(title, subtitle: subtitle, in: &svg)
    for (index, name) in names.enumerated() {
      let y = top + Double(index) * 22 + 8
      svg.line(from: (legend, y), to: (legend + 22, y), color: .series(index, of: labels.count), width: 3)
      svg.text(name, x: legend + 30, y: y + 4.5, .init(size: 12.5))
    }
    for (index, panel) in panels.enumerated() {
      let frame = PlotFrame(
        left: left, top: top + Double(index) * step, width: Self.plotWidth, height: Self.panelHeight)
      draw(panel, frame, in: &svg)
    }
    let bottom = top + rows * step - 34
    drawTime(PlotFrame(left: left, top: top, width: Self.plotWidth, height: bottom - top), in: &svg)
    if panels.isEmpty {
      svg.text("no faces", x: left + 12, y: top + 24, .init(size: 13, color: .quiet))
    }
    if hidden > 0 {
      svg.text(
        "and \(hidden) more faces that are seen more shortly", x: left, y: bottom + 52,
        .init(size: 12, color: .quiet))
    }
    return svg.document(title: title)
  }

  private func draw(_ panel: Panel, _ frame: PlotFrame, in svg: inout SVG) {
    for value in [0.0, 0.5, 1.0] {
      let y = frame.point(0, value).y
      svg.line(from: (frame.left, y), to: (frame.right, y), color: .rule)
      svg.text(
        NumberText.shortest(value), x: frame.left - 8, y: y + 4, .init(size: 11, color: .quiet, anchor: .end))
    }
    svg.text(
      TextFit.truncated(panel.name, width: frame.width, size: 12.5, bold: true), x: frame.left,
      y: frame.top - 7, .init(size: 12.5, bold: true))
    let points = thinned(panel.points, to: Int(frame.width))
    for label in labels.indices.reversed() {
      var path = ""
      var last: Double?
      for point in points where label < point.scores.count && point.scores[label].isFinite {
        let (x, y) = frame.point(share(point.seconds), Double(min(1, max(0, point.scores[label]))))
        let isJoined =
          last.map { point.seconds - $0 <= max(gap, (seconds.upperBound - seconds.lowerBound) / 300) }
          ?? false
        // A point that nothing joins shows as a short stroke.
        path += isJoined ? "L\(SVG.number(x)) \(SVG.number(y))" : "M\(SVG.number(x)) \(SVG.number(y))h1"
        last = point.seconds
      }
      if !path.isEmpty { svg.path(path, stroke: .series(label, of: labels.count), width: 1.8) }
    }
  }

  private func share(_ time: Double) -> Double {
    (time - seconds.lowerBound) / (seconds.upperBound - seconds.lowerBound)
  }

  private func drawTime(_ frame: PlotFrame, in svg: inout SVG) {
    let length = seconds.upperBound - seconds.lowerBound
    for tick in Axis.ticks(upTo: length, count: 8) where tick.value <= length * 1.0001 {
      let x = frame.left + frame.width * tick.value / length
      svg.text(
        NumberText.shortest(((seconds.lowerBound + tick.value) * 1000).rounded() / 1000), x: x,
        y: frame.bottom + 18, .init(size: 11, color: .quiet, anchor: .middle))
    }
    svg.text(
      "seconds", x: frame.left + frame.width / 2, y: frame.bottom + 36,
      .init(size: 13, color: .quiet, anchor: .middle))
  }

  /// Means of neighbours where there are more points than a line can show.
  private func thinned(
    _ points: [(seconds: Double, scores: [Float])], to most: Int
  ) -> [(seconds: Double, scores: [Float])] {
    guard points.count > 2 * most else { return points }
    let size = (points.count + most - 1) / most
    return stride(from: 0, to: points.count, by: size).map { start in
      let part = points[start..<min(points.count, start + size)]
      var sums = [Float](repeating: 0, count: labels.count)
      for point in part {
        for label in sums.indices where label < point.scores.count { sums[label] += point.scores[label] }
      }
      return (part[part.startIndex].seconds, sums.map { $0 / Float(part.count) })
    }
  }
}
