/// McNemar's test: do two classifiers judged on the same samples differ in accuracy? Only the samples that
/// exactly one of them gets right say anything about that.
///
/// Q. McNemar (1947), Note on the sampling error of the difference between correlated proportions,
/// Psychometrika 12.
public struct McNemar: Sendable, Equatable, Codable {
  /// Samples that only the first classifier gets right.
  public let onlyFirst: Int
  /// Samples that only the second classifier gets right.
  public let onlySecond: Int

  /// - Throws: `MetricError` for a negative count or a sum beyond `Int`.
  public init(onlyFirst: Int, onlySecond: Int) throws(MetricError) {
    guard onlyFirst >= 0, onlySecond >= 0 else {
      throw .invalidArgument(name: "counts", reason: "\(onlyFirst) and \(onlySecond): one is negative")
    }
    guard !onlyFirst.addingReportingOverflow(onlySecond).overflow else { throw .overflow(what: "counts") }
    self.onlyFirst = onlyFirst
    self.onlySecond = onlySecond
  }

  /// - Throws: `MetricError` for no samples or unequal lengths.
  public init(truth: [Int], first: [Int], second: [Int]) throws(MetricError) {
    guard !truth.isEmpty else { throw .empty(what: "truth") }
    guard first.count == truth.count else {
      throw .lengthMismatch(what: "first", got: first.count, expected: truth.count)
    }
    guard second.count == truth.count else {
      throw .lengthMismatch(what: "second", got: second.count, expected: truth.count)
    }
    var (onlyFirst, onlySecond) = (0, 0)
    for i in truth.indices {
      switch (first[i] == truth[i], second[i] == truth[i]) {
      case (true, false): onlyFirst += 1
      case (false, true): onlySecond += 1
      default: break
      }
    }
    try self.init(onlyFirst: onlyFirst, onlySecond: onlySecond)
  }

  private var discordant: Int { onlyFirst + onlySecond }

  /// The exact two-sided p-value: how likely a split at least this uneven is when both are equally good. 1
  /// where the classifiers never disagree.
  public var exactPValue: Double {
    let fewer = min(onlyFirst, onlySecond)
    guard onlyFirst != onlySecond else { return 1 }
    // The binomial tail from its largest term down; each term is the one above times k / (n - k + 1).
    let n = discordant
    var term = Numerics.exponential(Numerics.logBinomial(n, fewer) - Double(n) * Numerics.naturalLog(2))
    var tail = 0.0
    var k = fewer
    while term > tail * 1e-18 {
      tail += term
      guard k > 0 else { break }
      term *= Double(k) / (Double(n) - Double(k) + 1)
      k -= 1
    }
    return min(1, 2 * tail)
  }

  /// (|b - c| - 1)² / (b + c), the statistic with continuity correction; 0 where b = c, as there is nothing
  /// to correct.
  public var chiSquared: Double {
    guard onlyFirst != onlySecond else { return 0 }
    let difference = abs(Double(onlyFirst) - Double(onlySecond)) - 1
    return difference * difference / Double(discordant)
  }

  /// The p-value of `chiSquared` with one degree of freedom; good from about 25 disagreements.
  public var chiSquaredPValue: Double { Numerics.chiSquaredTail(chiSquared) }
}
