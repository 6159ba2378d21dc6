/// Runs in the order of their best epoch.
public struct HistoryRanking: Sendable {
  /// Best first; runs without the quantity last.
  public let runs: [TrainingHistory]
  public let key: TrainingHistory.Key

  public init(_ runs: [TrainingHistory], by key: TrainingHistory.Key) {
    self.key = key
    func score(_ run: TrainingHistory) -> Double {
      guard let best = run.best(key)?.value, best.isFinite else { return -.infinity }
      return key.quantity == .loss ? -best : best
    }
    self.runs = runs.enumerated().sorted { (score($0.element), -$0.offset) > (score($1.element), -$1.offset) }
      .map(\.element)
  }

  /// What runs are compared by: the first of validation accuracy, validation loss, training accuracy and
  /// training loss that all of them have, or else any has.
  public static func key(of runs: [TrainingHistory]) -> TrainingHistory.Key? {
    let order: [TrainingHistory.Key] = [
      .init(.accuracy, .validation), .init(.loss, .validation), .init(.accuracy, .training),
      .init(.loss, .training),
    ]
    guard !runs.isEmpty else { return nil }
    return order.first { key in runs.allSatisfy { $0.values[key] != nil } }
      ?? order.first { key in runs.contains { $0.values[key] != nil } }
  }
}
