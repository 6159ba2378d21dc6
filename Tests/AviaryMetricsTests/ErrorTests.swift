import AviaryMetrics
import Testing

/// Bad input gives a typed error that says what is wrong.
@Suite struct ErrorTests {
  @Test func labels() {
    #expect(throws: MetricError.empty(what: "truth")) {
      try ConfusionMatrix(truth: [], predicted: [], classes: 3)
    }
    #expect(throws: MetricError.lengthMismatch(what: "predicted", got: 1, expected: 2)) {
      try ConfusionMatrix(truth: [0, 1], predicted: [0], classes: 3)
    }
    #expect(throws: MetricError.labelOutOfRange(what: "truth", sample: 1, label: 3, classes: 3)) {
      try ConfusionMatrix(truth: [0, 3], predicted: [0, 1], classes: 3)
    }
    #expect(throws: MetricError.labelOutOfRange(what: "predicted", sample: 0, label: -1, classes: 3)) {
      try ConfusionMatrix(truth: [0, 2], predicted: [-1, 1], classes: 3)
    }
    #expect(throws: MetricError.tooManyClasses(got: 1 << 40, limit: ConfusionMatrix.maximumClasses)) {
      try ConfusionMatrix(truth: [0], predicted: [0], classes: 1 << 40)
    }
    #expect(throws: MetricError.labelOutOfRange(what: "truth", sample: 0, label: 0, classes: 0)) {
      try ConfusionMatrix(truth: [0], predicted: [0], classes: 0)
    }
    #expect(throws: MetricError.tooFewClasses(got: -1, needed: 1)) {
      try ConfusionMatrix(counts: [1], classes: -1)
    }
    #expect(throws: MetricError.lengthMismatch(what: "counts", got: 3, expected: 4)) {
      try ConfusionMatrix(counts: [1, 2, 3], classes: 2)
    }
    #expect(throws: MetricError.overflow(what: "counts")) {
      try ConfusionMatrix(counts: [.max, 1, 0, 0], classes: 2)
    }
    #expect(throws: MetricError.overflow(what: "counts")) {
      let large = try ConfusionMatrix(counts: [.max, 0, 0, 0], classes: 2)
      _ = try large.merging(large)
    }
    #expect(throws: MetricError.lengthMismatch(what: "classes of the other matrix", got: 1, expected: 2)) {
      try ConfusionMatrix(counts: [1, 0, 0, 0], classes: 2).merging(
        ConfusionMatrix(counts: [1], classes: 1))
    }
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func scoresThatAreNoNumbers(_ bad: Double) {
    #expect(throws: MetricError.notFinite(sample: 1, class: 0)) {
      try ScoreMatrix([0.5, 0.5, bad, 0.5], classes: 2)
    }
    #expect(throws: MetricError.notFinite(sample: 0, class: 1)) {
      try ScoreMatrix([0.5, Float(bad)], classes: 2)
    }
    #expect(throws: MetricError.notFinite(sample: 1, class: 0)) {
      try ROCCurve(positive: [true, false], scores: [0, bad])
    }
    #expect(throws: MetricError.self) { try Calibration(correct: [true], confidence: [bad]) }
  }

  @Test func scores() throws {
    #expect(throws: MetricError.lengthMismatch(what: "scores of 3 classes", got: 4, expected: 3)) {
      try ScoreMatrix([1.0, 2, 3, 4], classes: 3)
    }
    #expect(throws: MetricError.tooFewClasses(got: 0, needed: 1)) { try ScoreMatrix([1.0], classes: 0) }
    #expect(throws: MetricError.tooFewClasses(got: -3, needed: 1)) { try ScoreMatrix([1.0], classes: -3) }
    let empty = try ScoreMatrix([Double](), classes: 3)
    #expect(throws: MetricError.empty(what: "truth")) { try Predictions(truth: [], scores: empty) }
    let one = try ScoreMatrix([0.2, 0.3, 0.5], classes: 3)
    #expect(throws: MetricError.lengthMismatch(what: "rows of scores", got: 1, expected: 2)) {
      try topKAccuracy(truth: [0, 1], scores: one, k: 1)
    }
    #expect(throws: MetricError.labelOutOfRange(what: "truth", sample: 0, label: 3, classes: 3)) {
      try logLoss(truth: [3], scores: one)
    }
    #expect(throws: MetricError.invalidArgument(name: "k", reason: "0 is below 1")) {
      try topKAccuracy(truth: [0], scores: one, k: 0)
    }
    #expect(throws: MetricError.invalidArgument(name: "class", reason: "3 is not below 3")) {
      try ROCCurve(truth: [0], scores: one, class: 3)
    }
    let wide = try ScoreMatrix([1.5, -0.5, 0], classes: 3)
    #expect(throws: MetricError.notProbability(sample: 0, class: 0, value: 1.5)) {
      try logLoss(truth: [0], scores: wide)
    }
    #expect(throws: MetricError.notNormalized(sample: 0, sum: 0.75)) {
      try rocAUC(truth: [0], scores: ScoreMatrix([0.5, 0.25], classes: 2))
    }
    #expect(throws: MetricError.notNormalized(sample: 0, sum: 0)) {
      try ScoreMatrix([0.5, -0.5], classes: 2).normalized()
    }
    #expect(throws: MetricError.tooFewClasses(got: 1, needed: 2)) {
      try logLoss(truth: [0], scores: ScoreMatrix([1.0], classes: 1))
    }
  }

  @Test func options() throws {
    let matrix = try ConfusionMatrix(counts: [1, 2, 3, 4], classes: 2)
    #expect(throws: MetricError.empty(what: "labels")) { try matrix.classScores(labels: []) }
    #expect(throws: MetricError.invalidArgument(name: "labels", reason: "a class is listed twice")) {
      try matrix.averageScores(.macro, labels: [1, 1])
    }
    #expect(throws: MetricError.labelOutOfRange(what: "labels", sample: 1, label: 2, classes: 2)) {
      try ClassificationReport(matrix, labels: [0, 2])
    }
    #expect(throws: MetricError.lengthMismatch(what: "names", got: 1, expected: 2)) {
      try ClassificationReport(matrix, names: ["a"])
    }
    for confidence in [0, 1, -0.5, Double.nan] {
      #expect(throws: MetricError.self) { try matrix.accuracyInterval(confidence: confidence) }
    }
    #expect(throws: MetricError.invalidArgument(name: "successes", reason: "3 is not in 0...2")) {
      try Interval.wilson(successes: 3, trials: 2)
    }
    #expect(throws: MetricError.overflow(what: "counts")) { try McNemar(onlyFirst: .max, onlySecond: 1) }
    #expect(throws: MetricError.self) { try McNemar(onlyFirst: -1, onlySecond: 1) }
    #expect(throws: MetricError.lengthMismatch(what: "second", got: 1, expected: 2)) {
      try McNemar(truth: [0, 1], first: [0, 1], second: [0])
    }
    #expect(throws: MetricError.self) { try Calibration(correct: [true], confidence: [0.5], bins: 0) }
    #expect(throws: MetricError.notProbability(sample: 0, class: 0, value: 1.5)) {
      try Calibration(correct: [true], confidence: [1.5])
    }
  }

  @Test func everyErrorHasAText() {
    let errors: [MetricError] = [
      .empty(what: "truth"), .lengthMismatch(what: "predicted", got: 1, expected: 2),
      .labelOutOfRange(what: "truth", sample: 4, label: 9, classes: 7), .tooFewClasses(got: 1, needed: 2),
      .tooManyClasses(got: 9000, limit: 8192), .notFinite(sample: 3, class: 2),
      .notProbability(sample: 3, class: 2, value: 1.5), .notNormalized(sample: 3, sum: 0.5),
      .scoresMissing(metric: "log_loss"), .invalidArgument(name: "k", reason: "0 is below 1"),
      .overflow(what: "counts"),
    ]
    #expect(Set(errors.map(\.description)).count == errors.count)
    #expect(
      errors[2].description == "truth: sample 4 has label 9; with 7 classes labels are 0 to 6")
  }
}
