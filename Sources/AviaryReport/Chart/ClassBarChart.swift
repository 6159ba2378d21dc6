import AviaryMetrics

/// A value from 0 to 1 of each class as bars, several models side by side: by default the F1 of each class.
public struct ClassBarChart: Chart {
  /// One model: a value per class; what is not finite has no bar.
  public struct Series: Sendable {
    public let name: String
    public let values: [Double]

    public init(name: String, values: [Double]) {
      self.name = name
      self.values = values
    }

    /// The F1 of each class.
    public init(name: String, matrix: ConfusionMatrix) throws(MetricError) {
      self.init(name: name, values: try matrix.classScores().map(\.f1))
    }
  }

  public let labels: [String]
  public let series: [Series]
  public let title: String
  public let subtitle: String
  /// The name of the vertical axis.
  public let axis: String

  /// - Throws: `ReportError` without classes or models, or where a model does not have one value per class.
  public init(
    labels: [String], series: [Series], title: String = "F1 of each class", subtitle: String = "",
    axis: String = "F1"
  ) throws(ReportError) {
    guard !labels.isEmpty, !series.isEmpty else { throw .empty(what: "bar chart") }
    if let wrong = series.first(where: { $0.values.count != labels.count }) {
      throw .mismatch(what: "values of \(wrong.name)", got: wrong.values.count, expected: labels.count)
    }
    self.labels = labels
    self.series = series
    self.title = title
    self.subtitle = subtitle
    self.axis = axis
  }

  private struct Layout {
    let bar: Double
    let group: Double
    let labelSize = 12.5
    let slanted: Bool
    let labelStep: Int
    let widest: Double

    init(labels: [String], series: Int) {
      // Bars as wide as the picture allows, between a hair and a hand.
      let bars = Double(labels.count * series)
      bar = min(34, max(2, 900 / bars))
      group = max(bar * Double(series) * 1.28, min(56, 900 / Double(labels.count)))
      let size = labelSize
      widest = min(170, labels.map { TextFit.width(DisplayText.singleLine($0), size: size) }.max() ?? 0)
      labelStep = max(1, Int((labelSize * 1.3 / group).rounded(.up)))
      slanted = widest > group * Double(labelStep) - 6
    }
  }

  public func svg() -> String {
    let layout = Layout(labels: labels, series: series.count)
    let legend = legendLines(width: max(420, layout.group * Double(labels.count)))
    let top = 80 + Double(legend.count) * 20
    let frame = PlotFrame(
      left: 76, top: top, width: max(420, layout.group * Double(labels.count)), height: 300)
    let labelHeight = layout.slanted ? layout.widest * 0.71 + 24 : 30
    var svg = SVG(
      width: (frame.right + PlotFrame.margin + 8).rounded(.up),
      height: (frame.bottom + labelHeight + PlotFrame.margin).rounded(.up))
    PlotFrame.drawTitle(title, subtitle: subtitle, in: &svg)
    drawLegend(legend, left: frame.left, in: &svg)
    frame.drawHorizontalRules(in: &svg)
    frame.drawVerticalName(axis, in: &svg)
    for c in labels.indices { drawGroup(c, layout, frame, in: &svg) }
    svg.line(from: (frame.left, frame.bottom), to: (frame.right, frame.bottom), color: .quiet)
    return svg.document(title: title)
  }

  private func drawGroup(_ c: Int, _ layout: Layout, _ frame: PlotFrame, in svg: inout SVG) {
    let group = frame.width / Double(labels.count)
    let center = frame.left + (Double(c) + 0.5) * group
    let start = center - layout.bar * Double(series.count) / 2
    for (s, one) in series.enumerated() where one.values[c].isFinite {
      let value = min(max(one.values[c], 0), 1)
      let x = start + Double(s) * layout.bar
      let y = frame.point(0, value).y
      let gap = layout.bar > 6 ? 1.0 : 0
      svg.rectangle(
        x: x + gap, y: y, width: layout.bar - 2 * gap, height: frame.bottom - y,
        fill: .series(s, of: series.count), radius: layout.bar > 6 ? 1.5 : 0,
        tooltip: "\(labels[c]), \(one.name): \(NumberText.fixed(one.values[c], digits: 4))")
      if layout.bar >= 22 {
        let size = min(11, layout.bar * 0.42)
        // The rules must not strike through the number.
        svg.rectangle(x: x + 1, y: y - 4 - size, width: layout.bar - 2, height: size + 2, fill: .paper)
        svg.text(
          NumberText.fixed(value, digits: 2), x: x + layout.bar / 2, y: y - 4,
          .init(size: size, color: .quiet, anchor: .middle))
      }
    }
    guard c.isMultiple(of: layout.labelStep) else { return }
    let label = TextFit.truncated(labels[c], width: 170, size: layout.labelSize)
    if layout.slanted {
      svg.text(
        label, x: center + 4, y: frame.bottom + 16,
        .init(size: layout.labelSize, anchor: .end, rotation: -45))
    } else {
      svg.text(
        label, x: center, y: frame.bottom + 20, .init(size: layout.labelSize, anchor: .middle))
    }
  }

  /// The models' names, broken into lines that fit.
  private func legendLines(width: Double) -> [[(index: Int, name: String, x: Double)]] {
    var lines: [[(index: Int, name: String, x: Double)]] = [[]]
    var x = 0.0
    for (i, one) in series.enumerated() {
      let name = TextFit.truncated(one.name, width: 240, size: 12.5)
      let needed = TextFit.width(name, size: 12.5) + 40
      if x + needed > width, x > 0 {
        lines.append([])
        x = 0
      }
      lines[lines.count - 1].append((i, name, x))
      x += needed
    }
    return lines
  }

  private func drawLegend(
    _ lines: [[(index: Int, name: String, x: Double)]], left: Double, in svg: inout SVG
  ) {
    for (row, line) in lines.enumerated() {
      let y = 76 + Double(row) * 20
      for entry in line {
        svg.rectangle(
          x: left + entry.x, y: y, width: 12, height: 12, fill: .series(entry.index, of: series.count),
          radius: 2)
        svg.text(entry.name, x: left + entry.x + 18, y: y + 10.5, .init(size: 12.5))
      }
    }
  }
}
