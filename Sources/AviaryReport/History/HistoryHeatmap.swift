/// Runs by epochs, darker where the validation accuracy is higher (or, without accuracies, the loss lower);
/// the best run on top. Grey: epochs whose value is no finite number.
public struct HistoryHeatmap: Chart {
  public let runs: [TrainingHistory]
  private let key: TrainingHistory.Key

  /// - Throws: `ReportError.empty` where the runs have no quantity in common.
  public init(_ runs: [TrainingHistory]) throws(ReportError) {
    guard let key = HistoryRanking.key(of: runs) else { throw .empty(what: "heatmap of training runs") }
    self.key = key
    self.runs = HistoryRanking(runs, by: key).runs
  }

  public func svg() -> String {
    let names = runs.map { TextFit.truncated($0.name, width: 240, size: 12.5) }
    let left = PlotFrame.margin + (names.map { TextFit.width($0, size: 12.5) }.max() ?? 0) + 12
    let epochs = max(1, runs.map(\.epochs).max() ?? 1)
    let cell = min(28, max(1, 720 / Double(epochs)))
    let row = 26.0
    let top = 76.0
    let width = Double(epochs) * cell
    var svg = SVG(width: left + max(width, 320) + 80, height: top + Double(runs.count) * row + 56)
    PlotFrame.drawTitle(
      "Runs by epoch", subtitle: "\(key.part.rawValue) \(key.quantity.rawValue) · the best run on top",
      in: &svg)
    let (low, high) = range
    for (index, run) in runs.enumerated() {
      let y = top + Double(index) * row
      svg.text(names[index], x: left - 10, y: y + row / 2 + 4, .init(size: 12.5, anchor: .end))
      for (epoch, value) in (run.values[key] ?? []).enumerated() {
        guard let value, value.isFinite else { continue }
        let share = high > low ? (value - low) / (high - low) : 1
        svg.rectangle(
          x: left + Double(epoch) * cell, y: y + 1, width: max(0.5, cell - (cell > 4 ? 1 : 0)),
          height: row - 2,
          fill: .scale(key.quantity == .loss ? 1 - share : share),
          tooltip: "\(run.name), epoch \(epoch + 1): \(NumberText.fixed(value, digits: 4))")
      }
      for epoch in run.diverged[key] ?? [] {
        svg.rectangle(
          x: left + Double(epoch - 1) * cell, y: y + 1, width: max(0.5, cell - (cell > 4 ? 1 : 0)), height: row - 2,
          fill: .rule, tooltip: "\(run.name), epoch \(epoch): no finite number")
      }
      if let best = run.best(key) {
        svg.text(
          NumberText.fixed(best.value, digits: 3), x: left + width + 10, y: y + row / 2 + 4, .init(size: 12))
      }
    }
    let bottom = top + Double(runs.count) * row
    let step = max(1, Int(Axis.ceiling(Double(epochs) / 10)))
    for epoch in [1] + Array(stride(from: step, through: epochs, by: step)).filter({ $0 > 1 }) {
      svg.text(
        "\(epoch)", x: left + (Double(epoch) - 0.5) * cell, y: bottom + 16,
        .init(size: 11, color: .quiet, anchor: .middle))
    }
    svg.text("epoch", x: left + width / 2, y: bottom + 36, .init(size: 13, color: .quiet, anchor: .middle))
    return svg.document(title: "Training runs by epoch")
  }

  /// The values that the lightest and the darkest colour stand for.
  private var range: (low: Double, high: Double) {
    let all = runs.flatMap { ($0.values[key] ?? []).compactMap { $0 } }.filter(\.isFinite)
    return (all.min() ?? 0, all.max() ?? 1)
  }
}
