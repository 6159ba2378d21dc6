import AviaryMetrics
import Foundation
import Testing

@Suite struct StatisticsTests {
  @Test func wilsonEqualsScipy() throws {
    for golden in Golden.statistics.wilson {
      let interval = try Interval.wilson(
        successes: golden.successes, trials: golden.trials, confidence: golden.confidence)
      let name = "\(golden.successes) of \(golden.trials) at \(golden.confidence)"
      expectClose([interval.lower, interval.upper], golden.interval, name)
    }
  }

  @Test func intervalOfAMatrix() throws {
    let matrix = try ConfusionMatrix(counts: [3, 1, 2, 4], classes: 2)
    #expect(try matrix.accuracyInterval() == Interval.wilson(successes: 7, trials: 10))
  }

  @Test func mcNemarEqualsScipy() throws {
    for golden in Golden.statistics.mcnemar {
      let name = "\(golden.onlyFirst) against \(golden.onlySecond)"
      for (b, c) in [(golden.onlyFirst, golden.onlySecond), (golden.onlySecond, golden.onlyFirst)] {
        let test = try McNemar(onlyFirst: b, onlySecond: c)
        expectClose(test.exactPValue, golden.exact, name)
        expectClose(test.chiSquared, golden.chiSquared, name)
        expectClose(test.chiSquaredPValue, golden.chiSquaredPValue, name)
        // Small p-values must be right relative to themselves, too.
        if golden.exact > 0 { expectClose(test.exactPValue / golden.exact, 1, name) }
      }
    }
  }

  @Test func lossEqualsScipysOneSidedTest() throws {
    for golden in Golden.statistics.mcnemar {
      let test = try McNemar(onlyFirst: golden.onlyFirst, onlySecond: golden.onlySecond)
      expectClose(test.lossPValue, golden.loss, "\(golden.onlyFirst) against \(golden.onlySecond)")
      if golden.loss > 0 { expectClose(test.lossPValue / golden.loss, 1) }
    }
  }

  /// Accuracy and recalls as the tests of their samples say, macro-F1 near them; none where nothing changes.
  @Test func pairedLossOfEachNumber() throws {
    let truth = (0..<300).map { $0 % 3 }
    let before = truth.enumerated().map { $0 % 10 < 8 ? $1 : ($1 + 1) % 3 }
    // Class 2 loses thirty right answers.
    var rest = 30
    let after = zip(truth, before).map { t, p -> Int in
      guard t == 2, p == 2, rest > 0 else { return p }
      rest -= 1
      return 0
    }
    let loss = try PairedLoss(truth: truth, before: before, after: after, classes: 4)
    expectClose(loss.accuracy.fall, 0.1)
    expectClose(loss.accuracy.pValue, pow(0.5, 30), tolerance: 1e-20)
    #expect(loss.recall.map { change in change.map { $0.pValue == 1 } } == [true, true, false, nil])
    expectClose(try #require(loss.recall[2]).fall, 0.3)
    #expect(loss.macroF1.fall > 0.05 && loss.macroF1.pValue < 0.001)
    let none = try PairedLoss(truth: truth, before: before, after: before, classes: 4)
    #expect(none.accuracy.pValue == 1 && none.macroF1.pValue == 1 && none.macroF1.fall == 0)
    let better = try PairedLoss(truth: truth, before: after, after: before, classes: 4)
    #expect(better.accuracy.pValue == 1 && better.macroF1.pValue == 1)
    #expect(throws: MetricError.self) {
      try PairedLoss(truth: [0], before: [0], after: [0, 1], classes: 2)
    }
  }

  @Test func mcNemarCountsWhoIsRight() throws {
    let test = try McNemar(
      truth: [0, 1, 2, 0, 1, 2], first: [0, 1, 2, 1, 0, 1], second: [0, 0, 0, 0, 1, 0])
    #expect(test.onlyFirst == 2)
    #expect(test.onlySecond == 2)
    #expect(test.exactPValue == 1)
    #expect(test.chiSquaredPValue == 1)
  }
}
