import AviaryMetrics
import Testing

@Suite struct PairedTests {
  struct Golden: Decodable, Sendable {
    struct Holm: Decodable, Sendable {
      let p, adjusted: [Double]
    }
    struct Estimate: Decodable, Sendable {
      let value, lower, upper: Double
    }
    struct Bootstrap: Decodable, Sendable, CustomTestStringConvertible {
      let name: String
      let classes, resamples: Int
      let seed: UInt64
      let confidence: Double
      let truth: [Int]
      let predicted: [[Int]]
      let accuracy, macroF1: [Estimate]
      let accuracyDifference, macroF1Difference: Estimate
      let scipy: [Double]?

      var testDescription: String { name }
    }
    let holm: [Holm]
    let bootstrap: [Bootstrap]
  }

  static let golden: Golden = AviaryMetricsTests.Golden.load("paired.json")

  @Test func holmEqualsStatsmodels() throws {
    for golden in Self.golden.holm {
      expectClose(try HolmCorrection.adjusted(golden.p), golden.adjusted.map { $0 }, "\(golden.p)")
    }
  }

  @Test func holmRefusesWhatIsNoProbability() {
    for bad in [-0.1, 1.1, .nan, .infinity] {
      #expect(throws: MetricError.self) { try HolmCorrection.adjusted([0.5, bad]) }
    }
  }

  @Test(arguments: golden.bootstrap)
  func bootstrapEqualsNumPy(_ golden: Golden.Bootstrap) throws {
    var options = PairedBootstrap.Options()
    options.resamples = golden.resamples
    options.seed = golden.seed
    options.confidence = golden.confidence
    let bootstrap = try PairedBootstrap(
      truth: golden.truth, predicted: golden.predicted, classes: golden.classes, options: options)
    func expect(_ got: PairedBootstrap.Estimate, _ expected: Golden.Estimate, _ what: String) {
      expectClose(
        [got.value, got.lower, got.upper], [expected.value, expected.lower, expected.upper],
        tolerance: 1e-12, "\(golden.name), \(what)")
    }
    for model in 0..<2 {
      expect(bootstrap.accuracy(model), golden.accuracy[model], "accuracy \(model)")
      expect(bootstrap.macroF1(model), golden.macroF1[model], "macro-F1 \(model)")
    }
    expect(bootstrap.accuracyDifference(0, 1), golden.accuracyDifference, "accuracy")
    expect(bootstrap.macroF1Difference(0, 1), golden.macroF1Difference, "macro-F1")
    let back = bootstrap.accuracyDifference(1, 0)
    expectClose(
      [back.value, -back.upper], [-golden.accuracyDifference.value, golden.accuracyDifference.lower])
  }

  /// With drawings of its own, scipy comes to an interval of nearly the same place and width.
  @Test func bootstrapIsAsWideAsScipys() throws {
    let golden = try #require(Self.golden.bootstrap.first { $0.scipy != nil })
    let expected = try #require(golden.scipy)
    let bootstrap = try PairedBootstrap(
      truth: golden.truth, predicted: golden.predicted, classes: golden.classes)
    let got = bootstrap.accuracyDifference(0, 1)
    expectClose([got.lower, got.upper], expected.map { $0 }, tolerance: 0.006)
  }

  @Test func bootstrapRefusesWhatMakesNoSense() {
    var options = PairedBootstrap.Options()
    #expect(throws: MetricError.self) { try PairedBootstrap(truth: [], predicted: [[]], classes: 2) }
    #expect(throws: MetricError.self) { try PairedBootstrap(truth: [0, 1], predicted: [[0]], classes: 2) }
    #expect(throws: MetricError.self) {
      try PairedBootstrap(truth: [0, 2], predicted: [[0, 1]], classes: 2)
    }
    options.resamples = 0
    #expect(throws: MetricError.self) {
      try PairedBootstrap(truth: [0], predicted: [[0]], classes: 2, options: options)
    }
    options = .init()
    options.confidence = 1
    #expect(throws: MetricError.self) {
      try PairedBootstrap(truth: [0], predicted: [[0]], classes: 2, options: options)
    }
  }
}
