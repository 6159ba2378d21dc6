import AviaryMetrics

/// How often answers of each confidence are right, against what the confidence promises; below, how many
/// there are.
public struct ReliabilityChart: Chart {
  public let calibration: Calibration
  public let title: String
  public let subtitle: String

  public init(_ calibration: Calibration, title: String = "Reliability", subtitle: String = "") {
    self.calibration = calibration
    self.title = title
    self.subtitle = subtitle
  }

  private static let barColor = Color(hex: 0x56B4E9)
  private static let missColor = Color(hex: 0xD55E00)

  public func svg() -> String {
    let frame = PlotFrame(left: 76, top: 76, width: 440, height: 440)
    let counts = PlotFrame(left: 76, top: frame.bottom + 34, width: 440, height: 90)
    var svg = SVG(width: 736, height: counts.bottom + 62)
    PlotFrame.drawTitle(title, subtitle: subtitle, in: &svg)
    frame.drawHorizontalRules(in: &svg)
    frame.drawVerticalName("accuracy", in: &svg)
    drawBars(frame, in: &svg)
    svg.line(from: frame.point(0, 0), to: frame.point(1, 1), color: .quiet, dashed: true)
    drawCounts(counts, in: &svg)
    for tick in Axis.ticks(upTo: 1, count: 5) {
      svg.text(
        tick.decimal, x: counts.point(tick.value, 0).x, y: counts.bottom + 18,
        .init(size: 11, color: .quiet, anchor: .middle))
    }
    svg.text(
      "confidence: the probability of the predicted class", x: frame.left + frame.width / 2,
      y: counts.bottom + 42, .init(size: 13, color: .quiet, anchor: .middle))
    drawLegend(x: frame.right + 26, y: frame.top + 22, in: &svg)
    return svg.document(title: title)
  }

  private func drawBars(_ frame: PlotFrame, in svg: inout SVG) {
    let step = frame.width / Double(calibration.bins.count)
    for (i, bin) in calibration.bins.enumerated() {
      guard let accuracy = bin.accuracy, let confidence = bin.confidence else { continue }
      let x = frame.left + Double(i) * step
      let tooltip =
        "\(NumberText.grouped(bin.count)) samples: confidence \(NumberText.percent(confidence, digits: 1)), "
        + "accuracy \(NumberText.percent(accuracy, digits: 1))"
      svg.rectangle(
        x: x + 1, y: frame.point(0, accuracy).y, width: step - 2, height: frame.height * accuracy,
        fill: Self.barColor, tooltip: tooltip)
      // Where the bar would end if the confidence were right.
      let y = frame.point(0, confidence).y
      svg.line(from: (x + 1, y), to: (x + step - 1, y), color: Self.missColor, width: 3)
    }
  }

  private func drawCounts(_ frame: PlotFrame, in svg: inout SVG) {
    let most = max(1, calibration.bins.map(\.count).max() ?? 1)
    let step = frame.width / Double(calibration.bins.count)
    svg.line(from: (frame.left, frame.bottom), to: (frame.right, frame.bottom), color: .rule)
    svg.text(
      NumberText.compact(most), x: frame.left - 8, y: frame.top + 4,
      .init(size: 11, color: .quiet, anchor: .end))
    svg.text("0", x: frame.left - 8, y: frame.bottom + 4, .init(size: 11, color: .quiet, anchor: .end))
    frame.drawVerticalName("samples", in: &svg)
    for (i, bin) in calibration.bins.enumerated() where bin.count > 0 {
      let height = frame.height * Double(bin.count) / Double(most)
      svg.rectangle(
        x: frame.left + Double(i) * step + 1, y: frame.bottom - height, width: step - 2, height: height,
        fill: .quiet, tooltip: "\(NumberText.grouped(bin.count)) samples")
    }
  }

  private func drawLegend(x: Double, y: Double, in svg: inout SVG) {
    svg.rectangle(x: x, y: y - 5, width: 22, height: 10, fill: Self.barColor)
    svg.text("accuracy", x: x + 30, y: y + 4.5, .init(size: 12.5))
    svg.line(from: (x, y + 22), to: (x + 22, y + 22), color: Self.missColor, width: 3)
    svg.text("mean confidence", x: x + 30, y: y + 26.5, .init(size: 12.5))
    for (i, (name, value)) in [
      ("expected error", calibration.expectedError), ("largest error", calibration.maximumError),
    ].enumerated() {
      let y = y + 62 + 22 * Double(i)
      svg.text(name, x: x, y: y, .init(size: 12.5))
      svg.text(NumberText.fixed(value, digits: 3), x: x + 164, y: y, .init(size: 12.5, anchor: .end))
    }
  }
}
