/// Loss or accuracy over the epochs of one or several runs: validation as a full line, training dashed. Squares above
/// mark epochs whose value is no finite number.
public struct HistoryChart: Chart {
  public let runs: [TrainingHistory]
  public let quantity: TrainingHistory.Quantity

  /// - Throws: `ReportError.empty` where no run has the quantity.
  public init(_ runs: [TrainingHistory], _ quantity: TrainingHistory.Quantity) throws(ReportError) {
    let runs = runs.filter { run in run.values.keys.contains { $0.quantity == quantity } }
    guard !runs.isEmpty else { throw .empty(what: "\(quantity.rawValue) chart") }
    self.runs = runs
    self.quantity = quantity
  }

  public func svg() -> String {
    let names = runs.map { TextFit.truncated($0.name, width: 240, size: 12.5) }
    let widest = names.map { TextFit.width($0, size: 12.5) }.max() ?? 0
    let frame = PlotFrame(left: 76, top: 76, width: 620, height: 380)
    let legend = frame.right + 26
    let rows = max(frame.height, Double(runs.count + 3) * 22)
    var svg = SVG(
      width: (legend + 30 + widest + 60 + PlotFrame.margin).rounded(.up), height: frame.top + rows + 62)
    let title = quantity == .loss ? "Loss" : "Accuracy"
    PlotFrame.drawTitle(title, subtitle: "by epoch · full: validation, dashed: training", in: &svg)
    drawAxes(frame, in: &svg)
    for (index, run) in runs.enumerated().reversed() {
      let color = Color.series(index, of: runs.count)
      for part in TrainingHistory.Part.allCases {
        draw(run.values[.init(quantity, part)] ?? [], color, isDashed: part == .training, frame, in: &svg)
      }
      let lost = TrainingHistory.Part.allCases.flatMap { run.diverged[.init(quantity, $0)] ?? [] }
      for epoch in Set(lost).sorted() { markLost(epoch, run.name, color, frame, in: &svg) }
      let best = TrainingHistory.Key(quantity, .validation)
      if let (epoch, value) = run.best(best) { mark(epoch, value, color, frame, in: &svg) }
    }
    svg.text(
      "best", x: legend + 30 + widest + 52, y: frame.top + 4, .init(size: 11, color: .quiet, anchor: .end))
    for (index, name) in names.enumerated() {
      let y = frame.top + Double(index + 1) * 22
      svg.line(from: (legend, y), to: (legend + 22, y), color: .series(index, of: runs.count), width: 3)
      svg.text(name, x: legend + 30, y: y + 4.5, .init(size: 12.5))
      if let best = runs[index].best(.init(quantity, .validation))
        ?? runs[index].best(.init(quantity, .training))
      {
        svg.text(
          NumberText.fixed(best.value, digits: 3), x: legend + 30 + widest + 52, y: y + 4.5,
          .init(size: 12.5, anchor: .end))
      }
    }
    return svg.document(title: "\(title) by epoch")
  }

  // MARK: Scales

  private var epochs: Int { max(2, runs.map(\.epochs).max() ?? 2) }

  /// Losses begin at zero; a diverging run must not flatten the others, so the axis ends at four times the
  /// median.
  private var top: Double {
    guard quantity == .loss else { return 1 }
    let all = runs.flatMap { run in
      TrainingHistory.Part.allCases.flatMap { (run.values[.init(.loss, $0)] ?? []).compactMap { $0 } }
    }.filter { $0.isFinite && $0 >= 0 }.sorted()
    guard let largest = all.last, largest > 0 else { return 1 }
    return Axis.ceiling(min(largest, 4 * all[all.count / 2]))
  }

  private func position(_ epoch: Int, _ value: Double, _ frame: PlotFrame) -> (x: Double, y: Double) {
    frame.point(Double(epoch - 1) / Double(epochs - 1), min(max(value / top, 0), 1))
  }

  private func drawAxes(_ frame: PlotFrame, in svg: inout SVG) {
    for tick in Axis.ticks(upTo: top, count: 5) {
      let y = frame.point(0, tick.value / top).y
      svg.line(from: (frame.left, y), to: (frame.right, y), color: .rule)
      svg.text(tick.decimal, x: frame.left - 8, y: y + 4, .init(size: 11, color: .quiet, anchor: .end))
    }
    let step = max(1, Int(Axis.ceiling(Double(epochs) / 8)))
    for epoch in [1] + Array(stride(from: step, through: epochs, by: step)).filter({ $0 > 1 }) {
      let x = position(epoch, 0, frame).x
      svg.text("\(epoch)", x: x, y: frame.bottom + 18, .init(size: 11, color: .quiet, anchor: .middle))
    }
    frame.drawVerticalName(quantity.rawValue, in: &svg)
    svg.text(
      "epoch", x: frame.left + frame.width / 2, y: frame.bottom + 42,
      .init(size: 13, color: .quiet, anchor: .middle))
  }

  private func draw(
    _ values: [Double?], _ color: Color, isDashed: Bool, _ frame: PlotFrame, in svg: inout SVG
  ) {
    var last: (x: Double, y: Double)?
    for (index, value) in values.enumerated() {
      guard let value, value.isFinite else {
        last = nil
        continue
      }
      let point = position(index + 1, value, frame)
      if let last {
        svg.line(from: last, to: point, color: color, width: isDashed ? 1.2 : 2, dashed: isDashed)
      }
      last = point
    }
  }

  /// Above the frame: an epoch whose value is no finite number.
  private func markLost(_ epoch: Int, _ name: String, _ color: Color, _ frame: PlotFrame, in svg: inout SVG) {
    let (x, y) = position(epoch, top, frame)
    svg.rectangle(
      x: x - 3, y: y - 10, width: 6, height: 6, fill: color, tooltip: "\(name), epoch \(epoch): no finite number")
  }

  private func mark(_ epoch: Int, _ value: Double, _ color: Color, _ frame: PlotFrame, in svg: inout SVG) {
    let (x, y) = position(epoch, value, frame)
    svg.rectangle(
      x: x - 3.5, y: y - 3.5, width: 7, height: 7, fill: color, radius: 3.5,
      tooltip: "epoch \(epoch): \(NumberText.fixed(value, digits: 4))")
  }
}
