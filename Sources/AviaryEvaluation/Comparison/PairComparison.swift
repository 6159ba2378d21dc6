import AviaryMetrics

/// Two models on the same samples. Numbers of entries are positions in the comparison.
public struct PairComparison: Sendable {
  /// How the samples fall apart by who is right.
  public enum Outcome: Int, Sendable, CaseIterable {
    case bothRight, onlyFirst, onlySecond, bothWrong
  }

  /// A class in which the models are compared, by McNemar's test on the samples of that class.
  public struct ClassDifference: Sendable {
    public let label: Int
    public let firstRecall: Double
    public let secondRecall: Double
    public let test: McNemar
    /// Corrected over all classes of all pairs.
    public let correctedPValue: Double
  }

  public let first: Int
  public let second: Int
  public let test: McNemar
  /// McNemar's exact p-value, corrected over all pairs (Holm).
  public let correctedPValue: Double
  /// First minus second.
  public let accuracy: PairedBootstrap.Estimate
  public let macroF1: PairedBootstrap.Estimate
  /// Samples that both predict alike, right or wrong, and that beyond chance (Cohen's kappa; `nil` where it is
  /// not defined).
  public let agreement: Double
  public let kappa: Double?
  /// Of each sample.
  public let outcomes: [Outcome]
  public let classes: [ClassDifference]

  public func count(_ outcome: Outcome) -> Int { outcomes.count { $0 == outcome } }

  /// Whether one is better beyond chance at 5 %, all pairs taken together.
  public var isSignificant: Bool { correctedPValue < 0.05 }
}

extension PairComparison {
  /// What is known before the p-values of all pairs are corrected together.
  private struct Raw {
    let first: Int
    let second: Int
    let test: McNemar
    let classes: [(label: Int, recalls: (Double, Double), test: McNemar)]
  }

  /// - Throws: `MetricError`.
  static func all(
    _ entries: [Comparison.Entry], bootstrap: PairedBootstrap
  ) throws(MetricError) -> [PairComparison] {
    var raw: [Raw] = []
    for first in entries.indices {
      for second in entries.indices where second > first {
        raw.append(try Self.raw(first, second, entries[first].predictions, entries[second].predictions))
      }
    }
    let corrected = try HolmCorrection.adjusted(raw.map(\.test.exactPValue))
    let byClass = try HolmCorrection.adjusted(raw.flatMap { $0.classes.map(\.test.exactPValue) })
    var start = 0
    return try zip(raw, corrected).map { pair, p throws(MetricError) in
      defer { start += pair.classes.count }
      let a = entries[pair.first].predictions
      let b = entries[pair.second].predictions
      let same = try ConfusionMatrix(truth: a.predicted, predicted: b.predicted, classes: a.classes)
      return PairComparison(
        first: pair.first, second: pair.second, test: pair.test, correctedPValue: p,
        accuracy: bootstrap.accuracyDifference(pair.first, pair.second),
        macroF1: bootstrap.macroF1Difference(pair.first, pair.second), agreement: same.accuracy,
        kappa: same.cohenKappa().finiteOrNil, outcomes: outcomes(a, b),
        classes: zip(pair.classes, byClass[start...]).map { difference, p in
          ClassDifference(
            label: difference.label, firstRecall: difference.recalls.0, secondRecall: difference.recalls.1,
            test: difference.test, correctedPValue: p)
        })
    }
  }

  private static func raw(
    _ first: Int, _ second: Int, _ a: Predictions, _ b: Predictions
  ) throws(MetricError) -> Raw {
    var classes: [(label: Int, recalls: (Double, Double), test: McNemar)] = []
    for label in 0..<a.classes {
      let samples = a.truth.indices.filter { a.truth[$0] == label }
      guard !samples.isEmpty else { continue }
      let test = try McNemar(
        truth: samples.map { a.truth[$0] }, first: samples.map { a.predicted[$0] },
        second: samples.map { b.predicted[$0] })
      func recall(_ predictions: Predictions) -> Double {
        Double(samples.count { predictions.predicted[$0] == label }) / Double(samples.count)
      }
      classes.append((label, (recall(a), recall(b)), test))
    }
    return Raw(
      first: first, second: second,
      test: try McNemar(truth: a.truth, first: a.predicted, second: b.predicted), classes: classes)
  }

  private static func outcomes(_ a: Predictions, _ b: Predictions) -> [Outcome] {
    a.truth.indices.map { i in
      switch (a.predicted[i] == a.truth[i], b.predicted[i] == a.truth[i]) {
      case (true, true): .bothRight
      case (true, false): .onlyFirst
      case (false, true): .onlySecond
      case (false, false): .bothWrong
      }
    }
  }
}
