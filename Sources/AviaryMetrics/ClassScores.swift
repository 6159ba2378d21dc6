/// Precision, recall and F1 of a class, or of an average over classes.
public struct ClassScores: Sendable, Equatable {
  /// True positives / predicted.
  public let precision: Double
  /// True positives / support.
  public let recall: Double
  /// 2 true positives / (predicted + support), the harmonic mean of precision and recall.
  public let f1: Double
  /// True samples.
  public let support: Int

  public init(precision: Double, recall: Double, f1: Double, support: Int) {
    self.precision = precision
    self.recall = recall
    self.f1 = f1
    self.support = support
  }

  init(truePositives: Int, predicted: Int, support: Int, zeroDivision: ZeroDivision) {
    let hits = Double(truePositives)
    precision = zeroDivision.divide(hits, Double(predicted))
    recall = zeroDivision.divide(hits, Double(support))
    f1 = zeroDivision.divide(2 * hits, Double(predicted) + Double(support))
    self.support = support
  }
}

extension ConfusionMatrix {
  /// Precision, recall, F1 and support of each class.
  ///
  /// - Parameter labels: the classes to include, in this order; by default all. Samples of the other classes
  ///   still count as wrong predictions.
  /// - Throws: `MetricError` for a label out of range or listed twice, or no labels.
  public func classScores(
    labels: [Int]? = nil, zeroDivision: ZeroDivision = .zero
  ) throws(MetricError) -> [ClassScores] {
    let labels = try checked(labels)
    return labels.map { c in
      ClassScores(
        truePositives: self[truth: c, predicted: c], predicted: predictedCounts[c], support: support[c],
        zeroDivision: zeroDivision)
    }
  }

  /// Precision, recall and F1 averaged over classes. With `ZeroDivision.nan` undefined classes are left out;
  /// where none is defined the average is NaN.
  ///
  /// - Throws: `MetricError` for a label out of range or listed twice, or no labels.
  public func averageScores(
    _ average: Average, labels: [Int]? = nil, zeroDivision: ZeroDivision = .zero
  ) throws(MetricError) -> ClassScores {
    let chosen = try checked(labels)
    let support = chosen.map { self.support[$0] }
    if average == .micro {
      return ClassScores(
        truePositives: chosen.reduce(0) { $0 + self[truth: $1, predicted: $1] },
        predicted: chosen.reduce(0) { $0 + predictedCounts[$1] },
        support: support.reduce(0, +), zeroDivision: zeroDivision)
    }
    let scores = try classScores(labels: chosen, zeroDivision: zeroDivision)
    let weights = average == .weighted ? support.map(Double.init) : nil
    return ClassScores(
      precision: definedAverage(scores.map(\.precision), weights: weights),
      recall: definedAverage(scores.map(\.recall), weights: weights),
      f1: definedAverage(scores.map(\.f1), weights: weights),
      support: support.reduce(0, +))
  }

  /// `labels`, or all of them, after a check.
  private func checked(_ labels: [Int]?) throws(MetricError) -> [Int] {
    guard let labels else { return Array(0..<classes) }
    try Predictions.check(labels, what: "labels", classes: classes)
    guard Set(labels).count == labels.count else {
      throw .invalidArgument(name: "labels", reason: "a class is listed twice")
    }
    return labels
  }
}

/// The weighted mean of the values that are not NaN; the plain mean where their weights sum to zero.
private func definedAverage(_ values: [Double], weights: [Double]?) -> Double {
  let defined = values.indices.filter { !values[$0].isNaN }
  guard !defined.isEmpty else { return .nan }
  if let weights {
    let sum = defined.reduce(0) { $0 + weights[$1] }
    if sum > 0 { return defined.reduce(0) { $0 + values[$1] * weights[$1] } / sum }
  }
  return defined.reduce(0) { $0 + values[$1] } / Double(defined.count)
}

extension ClassScores: Codable {
  private enum CodingKeys: String, CodingKey {
    case precision, recall
    case f1 = "f1-score"
    case support
  }

  /// Undefined (NaN) values are encoded as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(precision.finiteOrNil, forKey: .precision)
    try container.encode(recall.finiteOrNil, forKey: .recall)
    try container.encode(f1.finiteOrNil, forKey: .f1)
    try container.encode(support, forKey: .support)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    precision = try container.decode(Double?.self, forKey: .precision) ?? .nan
    recall = try container.decode(Double?.self, forKey: .recall) ?? .nan
    f1 = try container.decode(Double?.self, forKey: .f1) ?? .nan
    support = try container.decode(Int.self, forKey: .support)
  }
}

extension Double {
  /// The number, or nil for NaN and the infinities, which JSON cannot say.
  public var finiteOrNil: Double? { isFinite ? self : nil }
}
