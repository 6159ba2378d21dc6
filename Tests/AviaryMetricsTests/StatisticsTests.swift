import AviaryMetrics
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

  @Test func mcNemarCountsWhoIsRight() throws {
    let test = try McNemar(
      truth: [0, 1, 2, 0, 1, 2], first: [0, 1, 2, 1, 0, 1], second: [0, 0, 0, 0, 1, 0])
    #expect(test.onlyFirst == 2)
    #expect(test.onlySecond == 2)
    #expect(test.exactPValue == 1)
    #expect(test.chiSquaredPValue == 1)
  }
}
