/// The scores of every class for every sample, row-major: sample `i`, class `c` at `values[i * classes + c]`.
/// All scores are finite.
public struct ScoreMatrix: Sendable, Equatable {
  public let values: [Double]
  public let classes: Int
  /// The distance between 1 and the next number of the type the scores came in; log-loss clips with it.
  public let epsilon: Double

  public var samples: Int { values.count / classes }

  /// - Throws: `MetricError` where `classes` does not divide the number of values, or a score is not finite.
  public init(_ values: [Double], classes: Int) throws(MetricError) {
    try self.init(values, classes: classes, epsilon: Double.ulpOfOne)
  }

  /// Single-precision scores, as networks yield them.
  /// - Throws: `MetricError` where `classes` does not divide the number of values, or a score is not finite.
  public init(_ values: [Float], classes: Int) throws(MetricError) {
    try self.init(values.map(Double.init), classes: classes, epsilon: Double(Float.ulpOfOne))
  }

  private init(_ values: [Double], classes: Int, epsilon: Double) throws(MetricError) {
    guard classes > 0 else { throw .tooFewClasses(got: classes, needed: 1) }
    guard values.count % classes == 0 else {
      let whole = (values.count / classes) * classes
      throw .lengthMismatch(what: "scores of \(classes) classes", got: values.count, expected: whole)
    }
    if let bad = values.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(sample: bad / classes, class: bad % classes)
    }
    self.values = values
    self.classes = classes
    self.epsilon = epsilon
  }

  private init(unchecked values: [Double], like other: ScoreMatrix) {
    self.values = values
    classes = other.classes
    epsilon = other.epsilon
  }

  /// The scores of one class, one per sample.
  public func column(_ c: Int) -> [Double] {
    stride(from: c, to: values.count, by: classes).map { values[$0] }
  }

  /// The scores of one sample, one per class.
  public func row(_ i: Int) -> ArraySlice<Double> {
    values[i * classes..<(i + 1) * classes]
  }

  /// The class with the highest score of each sample; of equal scores the first class.
  public func argmax() -> [Int] {
    (0..<samples).map { i in
      let start = i * classes
      var best = 0
      for c in 1..<max(1, classes) where values[start + c] > values[start + best] { best = c }
      return best
    }
  }

  /// The highest score of each sample.
  public func maximum() -> [Double] {
    zip(argmax(), 0...).map { values[$1 * classes + $0] }
  }

  /// Each row divided by its sum.
  /// - Throws: `MetricError.notNormalized` where a row sums to zero or overflows.
  public func normalized() throws(MetricError) -> ScoreMatrix {
    var result = values
    for i in 0..<samples {
      let sum = row(i).reduce(0, +)
      guard sum != 0, sum.isFinite else { throw .notNormalized(sample: i, sum: sum) }
      for j in i * classes..<(i + 1) * classes { result[j] /= sum }
    }
    return ScoreMatrix(unchecked: result, like: self)
  }

  /// exp(x - max) / sum of each row: logits to probabilities.
  public func softmax() -> ScoreMatrix {
    var result = values
    for (i, highest) in maximum().enumerated() {
      let range = i * classes..<(i + 1) * classes
      var sum = 0.0
      for j in range {
        result[j] = Numerics.exponential(values[j] - highest)
        sum += result[j]
      }
      // The highest score contributes exp(0), so the sum is at least one.
      for j in range { result[j] /= sum }
    }
    return ScoreMatrix(unchecked: result, like: self)
  }
}

extension ScoreMatrix {
  /// - Throws: `MetricError.notProbability` for the first score outside 0...1.
  public func requireProbabilities() throws(MetricError) {
    if let bad = values.firstIndex(where: { $0 < 0 || $0 > 1 }) {
      throw .notProbability(sample: bad / classes, class: bad % classes, value: values[bad])
    }
  }

  /// - Throws: `MetricError.notNormalized` for the first row whose sum `s` is off by more than 1e-8 + 1e-5
  ///   |s|.
  public func requireNormalizedRows() throws(MetricError) {
    for i in 0..<samples {
      let sum = row(i).reduce(0, +)
      guard (1 - sum).magnitude <= 1e-8 + 1e-5 * sum.magnitude else {
        throw .notNormalized(sample: i, sum: sum)
      }
    }
  }
}
