import AviaryMetrics
import Foundation
import Testing

@Suite struct ScoreTests {
  @Test(arguments: Golden.cases)
  func topKEqualsScikitLearn(_ golden: Golden.Case) throws {
    guard let scores = golden.scores, let expected = golden.topK else { return }
    let matrix = try ScoreMatrix(scores, classes: golden.classes)
    let first = golden.classes == 2 ? 2 : 1
    for (i, value) in expected.enumerated() {
      expectClose(
        try topKAccuracy(truth: golden.truth, scores: matrix, k: first + i), value, "k = \(first + i)")
    }
  }

  @Test(arguments: Golden.cases)
  func calibrationEqualsScikitLearnsBins(_ golden: Golden.Case) throws {
    guard let scores = golden.scores, let settings = golden.calibration else { return }
    for expected in settings {
      let calibration = try Calibration(
        truth: golden.truth, scores: ScoreMatrix(scores, classes: golden.classes), bins: expected.bins)
      #expect(calibration.bins.map(\.count) == expected.sizes)
      expectClose(calibration.bins.compactMap(\.accuracy), expected.accuracy, "accuracy")
      expectClose(calibration.bins.compactMap(\.confidence), expected.confidence, "confidence")
      expectClose(calibration.expectedError, expected.expected, "expected error")
      expectClose(calibration.maximumError, expected.maximum, "maximum error")
    }
  }

  @Test(arguments: Golden.curves)
  func curvesEqualScikitLearn(_ golden: Golden.Curve) throws {
    let positive = golden.truth.map { $0 == 1 }
    let roc = try ROCCurve(
      positive: positive, scores: golden.scores, dropIntermediate: golden.dropIntermediate)
    expectClose(roc.falsePositiveRate, golden.roc.x, "false positive rate")
    expectClose(roc.truePositiveRate, golden.roc.y, "true positive rate")
    #expect(roc.thresholds == [.infinity] + golden.roc.thresholds)
    expectClose(roc.area, golden.area, "area")

    let curve = try PrecisionRecallCurve(
      positive: positive, scores: golden.scores, dropIntermediate: golden.dropIntermediate)
    expectClose(curve.recall, golden.precisionRecall.x, "recall")
    expectClose(curve.precision, golden.precisionRecall.y, "precision")
    #expect(curve.thresholds == golden.precisionRecall.thresholds)
    if !golden.dropIntermediate {
      expectClose(curve.averagePrecision, golden.averagePrecision, "average precision")
    }
  }

  @Test func curveOfAClassIsThatOfItsColumn() throws {
    let golden = try #require(Golden.cases.first { $0.classes == 7 })
    let scores = try ScoreMatrix(#require(golden.scores), classes: 7)
    for c in 0..<7 {
      let positive = golden.truth.map { $0 == c }
      #expect(
        try ROCCurve(truth: golden.truth, scores: scores, class: c)
          == ROCCurve(positive: positive, scores: scores.column(c)))
      #expect(
        try PrecisionRecallCurve(truth: golden.truth, scores: scores, class: c)
          == PrecisionRecallCurve(positive: positive, scores: scores.column(c)))
    }
  }

  @Test func argmaxTakesTheFirstOfEqualScores() throws {
    let scores = try ScoreMatrix([0.1, 0.4, 0.4, 0.3, 0.3, 0.3, -2, -1, -3], classes: 3)
    #expect(scores.argmax() == [1, 0, 1])
    #expect(scores.maximum() == [0.4, 0.3, -1])
    #expect(scores.column(2) == [0.4, 0.3, -3])
    #expect(Array(scores.row(1)) == [0.3, 0.3, 0.3])
  }

  @Test func softmaxSumsToOneAndDoesNotOverflow() throws {
    let logits = try ScoreMatrix([1000.0, 999, -1000, 0, 0, 0], classes: 3)
    let softmax = logits.softmax()
    expectClose(Array(softmax.row(0)), [1 / (1 + exp(-1)), exp(-1) / (1 + exp(-1)), 0], tolerance: 1e-15)
    expectClose(Array(softmax.row(1)), [1.0 / 3, 1.0 / 3, 1.0 / 3], tolerance: 1e-15)
    try softmax.requireProbabilities()
    try softmax.requireNormalizedRows()
  }

  /// A certain and wrong answer costs -log of the precision of the type that the scores came in.
  @Test func logLossClipsByTheTypeOfTheScores() throws {
    let double = try ScoreMatrix([1.0, 0], classes: 2)
    expectClose(try logLoss(truth: [1], scores: double), -log(Double.ulpOfOne))
    let single = try ScoreMatrix([1 as Float, 0], classes: 2)
    expectClose(try logLoss(truth: [1], scores: single), -log(Double(Float.ulpOfOne)))
  }

  @Test func normalizingRows() throws {
    let scores = try ScoreMatrix([2.0, 6, 0.5, 0.5], classes: 2).normalized()
    #expect(scores.values == [0.25, 0.75, 0.5, 0.5])
  }
}
