/// What a training wrote down epoch by epoch: Keras' `History`, `CSVLogger`, or what people's PyTorch loops
/// write.
public struct TrainingHistory: Sendable, Equatable {
  /// What was measured.
  public enum Quantity: String, Sendable, Codable, CaseIterable {
    case loss
    /// 0...1, also where the file has percent.
    case accuracy
  }

  /// On which part of the data.
  public enum Part: String, Sendable, Codable, CaseIterable {
    case training
    case validation
  }

  public struct Key: Sendable, Hashable {
    public let quantity: Quantity
    public let part: Part

    public init(_ quantity: Quantity, _ part: Part) {
      self.quantity = quantity
      self.part = part
    }
  }

  /// What the run is called: the file's name.
  public let name: String
  /// A finite value per epoch, `nil` where an epoch has none.
  public let values: [Key: [Double?]]
  /// The epochs, counted from 1, whose value is no finite number: a run that diverged. Only for series with such.
  public let diverged: [Key: [Int]]
  public let epochs: Int

  /// Rows go where the column `epoch` says, whether it counts from 0, has gaps or begins late because the training
  /// was resumed; of several rows of one epoch the last value counts. Without such a column a row is an epoch.
  ///
  /// - Returns: `nil` where no column is a loss or an accuracy.
  public init?(name: String, columns: [String: [Double?]]) {
    var values: [Key: [Double?]] = [:]
    var diverged: [Key: [Int]] = [:]
    let placement = Self.placement(columns)
    // Sorted, so that of two columns for the same thing always the same one counts.
    for (column, numbers) in columns.sorted(by: { $0.key < $1.key }) {
      guard let key = Self.key(column), values[key] == nil, numbers.contains(where: { $0 != nil }) else { continue }
      let arranged = placement?.arrange(numbers) ?? numbers
      let isPercent = key.quantity == .accuracy && arranged.contains { ($0 ?? 0).isFinite && ($0 ?? 0) > 1.5 }
      // A loss that ran away is no number, and no other is better or worse than it.
      values[key] = arranged.map { $0.flatMap { $0.isFinite ? (isPercent ? $0 / 100 : $0) : nil } }
      let lost = arranged.indices.filter { arranged[$0].map { !$0.isFinite } ?? false }
      if !lost.isEmpty { diverged[key] = lost.map { $0 + 1 } }
    }
    guard !values.isEmpty else { return nil }
    self.name = name
    self.values = values
    self.diverged = diverged
    epochs = values.values.map(\.count).max() ?? 0
  }

  /// The best value of a series and its epoch, counted from 1.
  public func best(_ key: Key) -> (epoch: Int, value: Double)? {
    let known = (values[key] ?? []).enumerated().compactMap { index, value in
      value.map { (epoch: index + 1, value: $0) }
    }
    return key.quantity == .loss ? known.min { $0.value < $1.value } : known.max { $0.value < $1.value }
  }

  /// The last finite value of a series.
  public func last(_ key: Key) -> Double? { values[key]?.last { $0 != nil } ?? nil }

  // MARK: Epochs

  /// The epoch of each row, counted from 1.
  private struct Placement {
    let epochOfRow: [Int]
    let count: Int

    func arrange(_ numbers: [Double?]) -> [Double?] {
      var arranged = [Double?](repeating: nil, count: count)
      for (epoch, number) in zip(epochOfRow, numbers) { arranged[epoch - 1] = number ?? arranged[epoch - 1] }
      return arranged
    }
  }

  /// More than any training has; beyond it the column counts something else.
  private static let mostEpochs = 100_000.0

  /// - Returns: `nil` without a column of epochs that can be one: a number in every row, growing but where a
  ///   resumed training went back.
  private static func placement(_ columns: [String: [Double?]]) -> Placement? {
    guard let column = columns.first(where: { $0.key.lowercased() == "epoch" })?.value else { return nil }
    let epochs = column.compactMap { $0 }
    guard epochs.count == column.count, epochs.allSatisfy(\.isFinite), let first = epochs.min(),
      let last = epochs.max(), first >= 0, last <= mostEpochs
    else { return nil }
    // Logs of single steps say 0.25, 0.5, ...: parts of the epoch that they lead to. Whole numbers may begin at 0.
    let isWhole = epochs.allSatisfy { $0 == $0.rounded() }
    let shift = isWhole && first == 0 ? 1 : 0
    let rows = epochs.map { max(1, Int($0.rounded(.up)) + shift) }
    return Placement(epochOfRow: rows, count: rows.max() ?? 0)
  }

  // MARK: Names of columns

  private static let parts: [String: Part] = [
    "train": .training, "training": .training, "tr": .training, "val": .validation, "valid": .validation,
    "validation": .validation, "dev": .validation, "eval": .validation, "test": .validation,
  ]
  private static let quantities: [String: Quantity] = [
    "loss": .loss, "acc": .accuracy, "accuracy": .accuracy, "top1": .accuracy, "acc1": .accuracy,
  ]

  /// `val_loss`, `Validation Accuracy`, `train/acc`, `sparse_categorical_accuracy`, ...
  private static func key(_ column: String) -> Key? {
    let words = column.lowercased().split { !($0.isLetter || $0.isNumber) }.map(String.init)
    guard let quantity = words.lazy.compactMap({ quantities[$0] }).first else { return nil }
    let others = words.filter { quantities[$0] == nil && parts[$0] == nil }
    let metrics: Set = ["categorical", "sparse", "binary", "epoch", "top", "1", "mean", "avg"]
    // "class_loss" or "top_5_accuracy" is something else.
    guard others.allSatisfy(metrics.contains) else { return nil }
    return Key(quantity, words.lazy.compactMap { parts[$0] }.first ?? .training)
  }
}
