import Foundation

/// How an evaluation is carried out. Nothing here changes the numbers beyond float rounding.
public struct EvaluationOptions: Sendable {
  /// Samples of one run of a model at most, where the model does not fix the number. Few samples are cut
  /// smaller, so that every thread gets some.
  public var batch = 32
  /// Samples that are worked on at once, each thread reading, preprocessing and running its own batches;
  /// 0 means one per core. The classifiers' own sessions should have one thread each.
  public var threads = 0
  /// Evaluate only so many samples, spread evenly over the split.
  public var limit: Int?
  /// Which part to evaluate.
  public var shard = EvaluationShard.all

  public init() {}

  var workers: Int { threads > 0 ? threads : max(1, ProcessInfo.processInfo.activeProcessorCount) }

  func validate() throws(EvaluationError) {
    guard (1...4096).contains(batch) else { throw .option("batch is \(batch); must be 1 to 4096") }
    guard (0...1024).contains(threads) else { throw .option("threads is \(threads); must be 0 to 1024") }
    if let limit, limit < 1 { throw .option("limit is \(limit); must be at least 1") }
    try shard.validate()
  }

  /// How many samples are worked on in one go. Depends on nothing but their number: another batch may give
  /// other last digits, and results must not depend on threads.
  func chunkSize(of count: Int) -> Int { min(batch, max(8, (count + 15) / 16)) }

  /// Positions to evaluate: all, or `limit` of them at even distances (a split is often sorted by class).
  func positions(of count: Int) -> [Int] {
    guard let limit, limit < count else { return Array(0..<count) }
    return (0..<limit).map { Int(Double($0) * Double(count) / Double(limit)) }
  }

  /// The batches of this part, by their place among all, with the positions of their samples.
  func batches(of count: Int) -> [(number: Int, positions: [Int])] {
    let positions = positions(of: count)
    let size = chunkSize(of: positions.count)
    return stride(from: 0, to: positions.count, by: size).enumerated().compactMap { number, start in
      shard.contains(number)
        ? (number, Array(positions[start..<min(start + size, positions.count)])) : nil
    }
  }
}
