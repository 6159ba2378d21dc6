/// What one model made of one batch: the part of an evaluation that is done, or lost, as a whole.
public struct EvaluationBatch: Sendable, Equatable {
  /// The batch's place among all batches of the whole evaluation, whichever part of them a shard does.
  public var number: Int
  /// Positions in the split of the samples that could be read, one per row.
  public var positions: [Int]
  /// The model's output, one row per position, as it stands.
  public var rows: [[Float]]
  public var skipped: [EvaluationRecord.Skipped]
  /// How long the model ran on the batch, on one thread beside others.
  public var milliseconds: Double

  public init(
    number: Int, positions: [Int], rows: [[Float]], skipped: [EvaluationRecord.Skipped] = [],
    milliseconds: Double = 0
  ) {
    self.number = number
    self.positions = positions
    self.rows = rows
    self.skipped = skipped
    self.milliseconds = milliseconds
  }
}

/// The part `index` of `count` (from 1) of an evaluation. Whole batches are dealt out in turn, so that every
/// sample is computed in the same company as in one run, and to the same last digit.
public struct EvaluationShard: Sendable, Codable, Hashable {
  public var index: Int
  public var count: Int

  public init(index: Int, count: Int) {
    self.index = index
    self.count = count
  }

  /// The whole.
  public static let all = EvaluationShard(index: 1, count: 1)

  public var isWhole: Bool { count == 1 }

  /// Whether a batch is in this part.
  public func contains(_ batch: Int) -> Bool { batch % max(1, count) == index - 1 }

  /// - Throws: `EvaluationError.option`.
  func validate() throws(EvaluationError) {
    guard (1...100_000).contains(count), (1...count).contains(index) else {
      throw .option("shard \(index)/\(count): must be 1/n to n/n")
    }
  }
}

extension EvaluationShard: CustomStringConvertible {
  public var description: String { "\(index)/\(count)" }
}
