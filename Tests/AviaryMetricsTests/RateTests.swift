import AviaryMetrics
import Testing

/// One class against the rest, and what depends on the order or the size of the scores.
@Suite struct RateTests {
  @Test(arguments: Golden.cases)
  func ratesEqualScikitLearn(_ golden: Golden.Case) throws {
    let matrix = try golden.matrix()
    let counts = (0..<golden.classes).map(matrix.binaryCounts)
    expectClose(counts.map { Double($0.predicted) }, try #require(golden.rates["predicted"]), "predicted")
    expectClose(counts.map { $0.specificity() }, try #require(golden.rates["specificity"]), "specificity")
    expectClose(counts.map { $0.negativePredictiveValue() }, try #require(golden.rates["npv"]), "NPV")
    expectClose(counts.map { $0.fScore(beta: 0.5) }, try #require(golden.rates["f0.5"]), "F0.5")
    expectClose(counts.map { $0.fScore(beta: 2) }, try #require(golden.rates["f2"]), "F2")
    let scores = try matrix.classScores()
    expectClose(counts.map { $0.fScore(beta: 1) }, scores.map(\.f1), "F1")
    for count in counts {
      #expect(count.predicted + count.rejected == matrix.total)
      #expect(count.support + count.negatives == matrix.total)
    }
  }

  @Test(arguments: Golden.cases)
  func riskCoverageEqualsTheDefinition(_ golden: Golden.Case) throws {
    guard let expected = golden.riskCoverage, let scores = golden.scores else { return }
    let curve = try RiskCoverageCurve(
      truth: golden.truth, scores: ScoreMatrix(scores, classes: golden.classes))
    expectClose(curve.coverage, expected.coverage, "coverage")
    expectClose(curve.risk, expected.risk, "risk")
    expectClose(curve.area, expected.area, "area")
    #expect(curve.risk(atCoverage: 1) == curve.risk.last)
    #expect(curve.risk(atCoverage: 0) == curve.risk.first)
  }

  @Test(arguments: Golden.cases)
  func temperatureEqualsScipy(_ golden: Golden.Case) throws {
    guard let values = golden.scores, golden.classes > 1 else { return }
    let scores = try ScoreMatrix(values, classes: golden.classes)
    let fitted = try Temperature(truth: golden.truth, scores: scores)
    #expect(fitted.lossAfter <= fitted.lossBefore + 1e-12)
    #expect(Temperature.bounds.contains(fitted.value))
    guard let expected = golden.temperature else { return }
    // A minimum is flat: scipy finds its place only to the square root of what its value is good for.
    expectClose(fitted.value, expected.value, tolerance: 2e-6, "temperature")
    expectClose(fitted.lossBefore, expected.before, "loss before")
    expectClose(fitted.lossAfter, expected.after, "loss after")
    let scaled = try fitted(scores)
    #expect(scaled.argmax() == scores.argmax())
    expectClose(try logLoss(truth: golden.truth, scores: scaled), expected.after, tolerance: 1e-6)
  }

  @Test func temperatureOfPerfectAndOfUselessAnswersEndsAtTheBounds() throws {
    let right = try ScoreMatrix([0.7, 0.3, 0.2, 0.8], classes: 2)
    expectClose(try Temperature(truth: [0, 1], scores: right).value, Temperature.bounds.lowerBound)
    expectClose(try Temperature(truth: [1, 0], scores: right).value, Temperature.bounds.upperBound)
  }

  @Test func averagedCurvesGoThroughTheirCorners() throws {
    let golden = try #require(Golden.cases.first { $0.classes == 7 })
    let scores = try ScoreMatrix(#require(golden.scores), classes: 7)
    for weighted in [false, true] {
      let roc = try AveragedCurve.roc(truth: golden.truth, scores: scores, weighted: weighted)
      #expect(roc.x.first == 0 && roc.x.last == 1)
      expectClose(try #require(roc.y.last), 1)
      #expect(zip(roc.y, roc.y.dropFirst()).allSatisfy { $0 <= $1 + 1e-12 })
      // Close to the mean of the areas, and not it.
      let mean = try rocAUC(truth: golden.truth, scores: scores, average: weighted ? .weighted : .macro)
      #expect((roc.area - mean).magnitude < 0.02)
      let precision = try AveragedCurve.precisionRecall(
        truth: golden.truth, scores: scores, weighted: weighted)
      let all = try averagePrecision(
        truth: golden.truth, scores: scores, average: weighted ? .weighted : .macro)
      #expect((precision.area - all).magnitude < 0.02)
      #expect(precision.y.allSatisfy { (0...1).contains($0) })
    }
    let pooled = try ROCCurve(poolingClassesOf: golden.truth, scores: scores)
    expectClose(pooled.area, try rocAUC(truth: golden.truth, scores: scores, average: .micro))
    let pooledPrecision = try PrecisionRecallCurve(poolingClassesOf: golden.truth, scores: scores)
    expectClose(
      pooledPrecision.averagePrecision,
      try averagePrecision(truth: golden.truth, scores: scores, average: .micro))
  }

  /// The weighted curve of a class that never occurs weighs nothing; the plain mean is undefined.
  @Test func averagedCurveOfAnAbsentClass() throws {
    let scores = try ScoreMatrix([0.5, 0.3, 0.2, 0.1, 0.8, 0.1], classes: 3)
    #expect(try AveragedCurve.roc(truth: [0, 1], scores: scores).area.isNaN)
    expectClose(try AveragedCurve.roc(truth: [0, 1], scores: scores, weighted: true).area, 1)
  }

  @Test func scoresThatAreNoNumbersAreRefused() {
    #expect(throws: MetricError.notFinite(sample: 0, class: 1)) { try ScoreMatrix([0.5, .nan], classes: 2) }
    #expect(throws: MetricError.notFinite(sample: 1, class: 0)) {
      try RiskCoverageCurve(correct: [true, true], confidence: [0.5, .nan])
    }
    #expect(throws: MetricError.self) {
      try Temperature(truth: [0], scores: ScoreMatrix([2.0, -1], classes: 2))
    }
    #expect(throws: MetricError.tooFewClasses(got: 1, needed: 2)) {
      try Temperature(truth: [0], scores: ScoreMatrix([1.0], classes: 1))
    }
  }
}
