/// One class against the rest: how many samples were rightly and wrongly taken for it, and not taken for it.
public struct BinaryCounts: Sendable, Equatable, Codable {
  public let truePositives: Int
  public let falsePositives: Int
  public let falseNegatives: Int
  public let trueNegatives: Int

  public init(truePositives: Int, falsePositives: Int, falseNegatives: Int, trueNegatives: Int) {
    self.truePositives = truePositives
    self.falsePositives = falsePositives
    self.falseNegatives = falseNegatives
    self.trueNegatives = trueNegatives
  }

  /// Samples taken for the class.
  public var predicted: Int { truePositives + falsePositives }
  /// Samples of the class.
  public var support: Int { truePositives + falseNegatives }
  /// Samples of the other classes.
  public var negatives: Int { falsePositives + trueNegatives }
  /// Samples not taken for the class.
  public var rejected: Int { falseNegatives + trueNegatives }

  /// True negatives / negatives: the recall of "not this class".
  public func specificity(_ zeroDivision: ZeroDivision = .zero) -> Double {
    zeroDivision.divide(Double(trueNegatives), Double(negatives))
  }

  /// True negatives / rejected: the precision of "not this class".
  public func negativePredictiveValue(_ zeroDivision: ZeroDivision = .zero) -> Double {
    zeroDivision.divide(Double(trueNegatives), Double(rejected))
  }

  /// (1 + beta²) tp / ((1 + beta²) tp + beta² fn + fp): the harmonic mean of precision and recall in which
  /// recall counts beta² times as much.
  public func fScore(beta: Double, _ zeroDivision: ZeroDivision = .zero) -> Double {
    let square = beta * beta
    let hits = (1 + square) * Double(truePositives)
    return zeroDivision.divide(
      hits, hits + square * Double(falseNegatives) + Double(falsePositives))
  }
}

extension ConfusionMatrix {
  /// The counts of one class against the rest.
  /// - Precondition: `c` is below `classes`.
  public func binaryCounts(of c: Int) -> BinaryCounts {
    let hits = self[truth: c, predicted: c]
    return BinaryCounts(
      truePositives: hits, falsePositives: predictedCounts[c] - hits, falseNegatives: support[c] - hits,
      trueNegatives: total - support[c] - predictedCounts[c] + hits)
  }

  /// A quotient of one class against the rest, averaged over the classes: pooled counts (micro), the plain
  /// mean (macro), or weighted by support.
  public func average(_ average: Average, of value: (BinaryCounts) -> Double) -> Double {
    let counts = (0..<classes).map(binaryCounts)
    switch average {
    case .micro:
      return value(
        BinaryCounts(
          truePositives: counts.reduce(0) { $0 + $1.truePositives },
          falsePositives: counts.reduce(0) { $0 + $1.falsePositives },
          falseNegatives: counts.reduce(0) { $0 + $1.falseNegatives },
          trueNegatives: counts.reduce(0) { $0 + $1.trueNegatives }))
    case .macro:
      return counts.reduce(0) { $0 + value($1) } / Double(classes)
    case .weighted:
      return counts.reduce(0) { $0 + Double($1.support) * value($1) } / Double(total)
    }
  }
}
