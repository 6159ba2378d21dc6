/// How well the confidence of predictions matches how often they are right.
///
/// Samples are put into bins of equal width by their confidence (the probability of the predicted class); bin
/// `b` of `n` holds b/n < confidence <= (b+1)/n, the first one 0 as well.
///
/// C. Guo et al. (2017), On Calibration of Modern Neural Networks, ICML.
public struct Calibration: Sendable, Equatable, Codable {
  public struct Bin: Sendable, Equatable, Codable {
    /// Samples in the bin.
    public let count: Int
    /// Their mean confidence; nil where there are none.
    public let confidence: Double?
    /// The fraction of them predicted right; nil where there are none.
    public let accuracy: Double?
  }

  public let bins: [Bin]

  /// The number of bins where none is asked for.
  public static let usualBins = 15

  /// - Parameter bins: 1 to 10,000.
  /// - Throws: `MetricError` for no samples, unequal lengths, a confidence outside 0...1, or a number of bins
  ///   out of range.
  public init(correct: [Bool], confidence: [Double], bins count: Int = usualBins) throws(MetricError) {
    guard (1...10_000).contains(count) else {
      throw .invalidArgument(name: "bins", reason: "\(count) is not in 1...10000")
    }
    guard !correct.isEmpty else { throw .empty(what: "correct") }
    guard confidence.count == correct.count else {
      throw .lengthMismatch(what: "confidence", got: confidence.count, expected: correct.count)
    }
    var sizes = [Int](repeating: 0, count: count)
    var hits = sizes
    var sums = [Double](repeating: 0, count: count)
    for (i, value) in confidence.enumerated() {
      guard value >= 0, value <= 1 else { throw .notProbability(sample: i, class: 0, value: value) }
      let bin = Self.bin(of: value, count: count)
      sizes[bin] += 1
      sums[bin] += value
      if correct[i] { hits[bin] += 1 }
    }
    bins = (0..<count).map { b in
      guard sizes[b] > 0 else { return Bin(count: 0, confidence: nil, accuracy: nil) }
      let size = Double(sizes[b])
      return Bin(count: sizes[b], confidence: sums[b] / size, accuracy: Double(hits[b]) / size)
    }
  }

  /// The calibration of the predicted class, the one with the highest probability.
  /// - Throws: `MetricError` for no samples, unequal lengths, a label out of range, or a score outside 0...1.
  public init(truth: [Int], scores: ScoreMatrix, bins: Int = usualBins) throws(MetricError) {
    try Predictions.check(truth: truth, scores: scores)
    try scores.requireProbabilities()
    try self.init(
      correct: zip(truth, scores.argmax()).map { $0 == $1 }, confidence: scores.maximum(), bins: bins)
  }

  /// The bin of a confidence in 0...1.
  static func bin(of value: Double, count: Int) -> Int {
    let step = 1 / Double(count)
    var bin = min(count - 1, Int(value * Double(count)))
    // Rounding may put the product on the wrong side of an edge; the edges themselves decide.
    while bin > 0, value <= Double(bin) * step { bin -= 1 }
    while bin < count - 1, value > Double(bin + 1) * step { bin += 1 }
    return bin
  }

  /// |accuracy - confidence| of each bin, 0 where it is empty.
  private var gaps: [Double] { bins.map { (($0.accuracy ?? 0) - ($0.confidence ?? 0)).magnitude } }

  /// The mean gap between accuracy and confidence, weighted by the samples of each bin.
  public var expectedError: Double {
    let samples = bins.reduce(0) { $0 + $1.count }
    return zip(bins, gaps).reduce(0) { $0 + Double($1.0.count) * $1.1 } / Double(samples)
  }

  /// The largest gap of any bin.
  public var maximumError: Double { gaps.max() ?? 0 }
}
