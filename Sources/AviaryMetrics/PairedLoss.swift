/// Whether a second set of predictions of the same samples is worse than the first, beyond chance.
///
/// Accuracy, and recall as the accuracy on the samples of a class, are judged by McNemar's exact test, one
/// sided: only samples that one of the two gets right say anything. Macro-F1 is judged by a paired bootstrap:
/// the samples are drawn anew with their pairs of predictions, by a seeded generator.
public struct PairedLoss: Sendable, Equatable {
  /// One number before and after.
  public struct Change: Sendable, Equatable, Codable {
    public let before: Double
    public let after: Double
    /// How likely a fall at least this large is where nothing got worse; 1 where there is no fall.
    public let pValue: Double

    public var fall: Double { before - after }
  }

  public let accuracy: Change
  public let macroF1: Change
  /// Of each class; nil where the class has no samples.
  public let recall: [Change?]

  /// - Throws: `MetricError` for no samples, unequal lengths, or a label that is not below `classes`.
  public init(
    truth: [Int], before: [Int], after: [Int], classes: Int, resamples: Int = 2000, seed: UInt64 = 1
  ) throws(MetricError) {
    guard after.count == before.count else {
      throw .lengthMismatch(what: "after", got: after.count, expected: before.count)
    }
    let first = try ConfusionMatrix(truth: truth, predicted: before, classes: classes)
    let second = try ConfusionMatrix(truth: truth, predicted: after, classes: classes)
    accuracy = Change(
      before: first.accuracy, after: second.accuracy,
      pValue: try McNemar(truth: truth, first: before, second: after).lossPValue)
    recall = try (0..<classes).map { c throws(MetricError) in
      guard first.support[c] > 0 else { return nil }
      let rows = truth.indices.filter { truth[$0] == c }
      let test = try McNemar(
        truth: rows.map { truth[$0] }, first: rows.map { before[$0] }, second: rows.map { after[$0] })
      return Change(
        before: Double(first[truth: c, predicted: c]) / Double(first.support[c]),
        after: Double(second[truth: c, predicted: c]) / Double(first.support[c]), pValue: test.lossPValue)
    }
    let f1 = (try first.averageScores(.macro).f1, try second.averageScores(.macro).f1)
    var falls = 0
    if f1.1 < f1.0 {
      var generator = SeededGenerator(seed: seed)
      for _ in 0..<resamples {
        var counts = (
          [Int](repeating: 0, count: classes * classes), [Int](repeating: 0, count: classes * classes)
        )
        for _ in truth.indices {
          let i = generator.next(below: truth.count)
          counts.0[truth[i] * classes + before[i]] += 1
          counts.1[truth[i] * classes + after[i]] += 1
        }
        let drawn = (
          try ConfusionMatrix(counts: counts.0, classes: classes).averageScores(.macro).f1,
          try ConfusionMatrix(counts: counts.1, classes: classes).averageScores(.macro).f1
        )
        if drawn.1 < drawn.0 { falls += 1 }
      }
    }
    // One more on either side: no finite number of drawings shows a probability of zero.
    let pValue = f1.1 < f1.0 ? Double(resamples - falls + 1) / Double(resamples + 1) : 1
    macroF1 = Change(before: f1.0, after: f1.1, pValue: pValue)
  }
}

extension McNemar {
  /// The one-sided p-value of the second classifier being worse; 1 where it is not.
  public var lossPValue: Double { onlyFirst > onlySecond ? exactPValue / 2 : 1 }
}
