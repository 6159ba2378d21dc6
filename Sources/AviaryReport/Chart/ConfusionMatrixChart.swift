import AviaryMetrics

/// A confusion matrix as a picture: a row per true class, a column per predicted class, darker where more
/// samples are, with counts and percentages as far as they can be read.
public struct ConfusionMatrixChart: Chart {
  public let report: ConfusionMatrixReport
  public let title: String
  /// A second line under the title.
  public let subtitle: String
  /// What colours and percentages are shares of.
  public let normalization: ConfusionMatrix.Normalization

  /// - Parameter subtitle: by default the number of samples, the accuracy and what the colours mean.
  public init(
    _ report: ConfusionMatrixReport, title: String = "Confusion matrix", subtitle: String? = nil,
    normalization: ConfusionMatrix.Normalization = .true
  ) {
    self.report = report
    self.title = title
    self.normalization = normalization
    self.subtitle = subtitle ?? Self.summary(report.matrix)
  }

  private static func summary(_ matrix: ConfusionMatrix) -> String {
    let samples = NumberText.grouped(matrix.total) + (matrix.total == 1 ? " sample" : " samples")
    guard matrix.total > 0 else { return samples }
    return "\(samples) · accuracy \(NumberText.percent(matrix.accuracy, digits: 2))"
  }

  public func svg() -> String {
    let layout = Layout(labels: report.labels, title: title, subtitle: subtitle)
    var svg = SVG(width: layout.width, height: layout.height)
    svg.text(
      TextFit.truncated(title, width: layout.width - 2 * layout.margin, size: Layout.titleSize, bold: true),
      x: layout.margin, y: 32, .init(size: Layout.titleSize, bold: true))
    svg.text(
      TextFit.truncated(subtitle, width: layout.width - 2 * layout.margin, size: Layout.subtitleSize),
      x: layout.margin, y: 52, .init(size: Layout.subtitleSize, color: .quiet))
    drawCells(layout, in: &svg)
    drawLabels(layout, in: &svg)
    drawColorBar(layout, in: &svg)
    return svg.document(title: "\(title): \(subtitle)")
  }
}

extension ConfusionMatrixChart {
  private func drawCells(_ layout: Layout, in svg: inout SVG) {
    let shares = report.matrix.normalized(normalization)
    let (left, top) = (layout.left, layout.top)
    svg.rectangle(x: left, y: top, width: layout.side, height: layout.side, fill: .scale(0))
    if layout.hasCounts {
      for (i, share) in shares.enumerated() { drawCell(i, share: share, layout, in: &svg) }
    } else {
      drawPixels(shares, layout, in: &svg)
    }
    svg.path(
      "M\(SVG.number(left)) \(SVG.number(top))h\(SVG.number(layout.side))v\(SVG.number(layout.side))"
        + "h\(SVG.number(-layout.side))z",
      stroke: .rule)
  }

  /// The share that the darkest colour stands for. Shares of all samples are far below one.
  private var darkest: Double {
    guard normalization == .all, let largest = report.matrix.counts.max(), largest > 0 else { return 1 }
    return Axis.ceiling(Double(largest) / Double(report.matrix.total))
  }

  private func drawCell(_ index: Int, share: Double, _ layout: Layout, in svg: inout SVG) {
    let (t, p) = index.quotientAndRemainder(dividingBy: layout.classes)
    let count = report.matrix.counts[index]
    let (x, y) = (layout.left + Double(p) * layout.cell, layout.top + Double(t) * layout.cell)
    let fill = Color.scale(share / darkest)
    let names = "\(report.labels[t]) → \(report.labels[p])"
    svg.rectangle(
      x: x + layout.gap / 2, y: y + layout.gap / 2, width: layout.cell - layout.gap,
      height: layout.cell - layout.gap, fill: fill, radius: layout.cell >= 40 ? 3 : 1,
      tooltip: "\(names): \(NumberText.grouped(count)) (\(NumberText.percent(share, digits: 1)))")

    // In a large matrix the many zeros would only hide the rest.
    guard count > 0 || layout.classes <= 12 else { return }
    let room = layout.cell - layout.gap - 4
    let full = NumberText.grouped(count)
    let fits = TextFit.width(full, size: layout.countSize * 0.8, bold: true) <= room
    let shown = fits ? full : NumberText.compact(count)
    let size = TextFit.size(shown, width: room, upTo: layout.countSize, bold: true)
    let hasPercent = layout.hasPercent && count > 0
    let color = count > 0 ? fill.readableText : Color(hex: 0x9AA5B1)
    let center = (x: x + layout.cell / 2, y: y + layout.cell / 2)
    svg.text(
      shown, x: center.x, y: hasPercent ? center.y - layout.cell * 0.02 : center.y + size * 0.36,
      .init(size: size, color: color, anchor: .middle, bold: t == p))
    if hasPercent {
      let percent = NumberText.percent(share, digits: layout.cell >= 56 ? 1 : 0)
      let percentSize = TextFit.size(percent, width: room, upTo: layout.percentSize)
      svg.text(
        percent, x: center.x, y: center.y + layout.cell * 0.02 + layout.percentSize * 1.1,
        .init(size: percentSize, color: color, anchor: .middle))
    }
  }

  /// Cells too small for text: a path collects many cells of one shade, so that a thousand classes stay a
  /// document that can be loaded.
  private func drawPixels(_ shares: [Double], _ layout: Layout, in svg: inout SVG) {
    let shades = 48
    // XML parsers refuse attributes of ten million characters.
    let longest = 100_000
    var paths = [String](repeating: "", count: shades + 1)
    func flush(_ shade: Int) {
      guard !paths[shade].isEmpty else { return }
      svg.path(paths[shade], fill: .scale(Double(shade) / Double(shades)))
      paths[shade] = ""
    }
    let side = SVG.number(layout.cell)
    for (i, share) in shares.enumerated() where share > 0 {
      let (t, p) = i.quotientAndRemainder(dividingBy: layout.classes)
      let (x, y) = (layout.left + Double(p) * layout.cell, layout.top + Double(t) * layout.cell)
      let shade = max(1, Int((share / darkest * Double(shades)).rounded()))
      paths[shade] += "M\(SVG.number(x)) \(SVG.number(y))h\(side)v\(side)h-\(side)z"
      if paths[shade].utf8.count > longest { flush(shade) }
    }
    for shade in paths.indices { flush(shade) }
  }

  private func drawLabels(_ layout: Layout, in svg: inout SVG) {
    let bottom = layout.top + layout.side
    for (i, label) in report.labels.enumerated() where i.isMultiple(of: layout.labelStep) {
      let center = (Double(i) + 0.5) * layout.cell
      let shown = TextFit.truncated(label, width: Layout.maximumLabel, size: layout.labelSize)
      svg.text(
        shown, x: layout.left - 8, y: layout.top + center + layout.labelSize * 0.36,
        .init(size: layout.labelSize, anchor: .end))
      if layout.slanted {
        svg.text(
          shown, x: layout.left + center + layout.labelSize * 0.3, y: bottom + layout.labelSize + 3,
          .init(size: layout.labelSize, anchor: .end, rotation: -45))
      } else {
        svg.text(
          shown, x: layout.left + center, y: bottom + layout.labelSize + 7,
          .init(size: layout.labelSize, anchor: .middle))
      }
    }
    let axis = SVG.Style(size: 13, color: .quiet, anchor: .middle)
    svg.text("predicted class", x: layout.left + layout.side / 2, y: layout.height - 16, axis)
    var vertical = axis
    vertical.rotation = -90
    svg.text("true class", x: layout.margin + 4, y: layout.top + layout.side / 2, vertical)
  }

  private func drawColorBar(_ layout: Layout, in svg: inout SVG) {
    let x = layout.left + layout.side + 22
    let steps = 64
    let height = min(layout.side, 420)
    for step in 0..<steps {
      // A step reaches under the next one, lest seams show between them.
      let top = layout.top + height * Double(step) / Double(steps)
      svg.rectangle(
        x: x, y: top, width: 14, height: min(height / Double(steps) + 1, layout.top + height - top),
        fill: .scale(1 - Double(step) / Double(steps - 1)))
    }
    let meaning =
      switch normalization {
      case .true: "of the true class"
      case .pred: "of the predicted class"
      case .all: "of all samples"
      }
    for tick in Axis.ticks(upTo: darkest, count: height > 150 ? 5 : 2) {
      let y = layout.top + height * (1 - tick.value / darkest)
      svg.line(from: (x + 14, y), to: (x + 18, y), color: .quiet)
      svg.text(tick.percent, x: x + 22, y: y + 4, .init(size: 11, color: .quiet))
    }
    svg.text(
      "share " + meaning, x: x + 72, y: layout.top + height / 2,
      .init(size: 11, color: .quiet, anchor: .middle, rotation: 90))
  }
}
