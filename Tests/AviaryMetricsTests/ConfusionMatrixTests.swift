import AviaryMetrics
import Foundation
import Testing

@Suite struct ConfusionMatrixTests {
  @Test(arguments: Golden.cases)
  func countsAndFractionsEqualScikitLearn(_ golden: Golden.Case) throws {
    let matrix = try golden.matrix()
    #expect(matrix.rows == golden.confusion)
    #expect(matrix.total == golden.truth.count)
    for normalization in ConfusionMatrix.Normalization.allCases {
      let expected = try #require(golden.normalized[normalization.rawValue])
      expectClose(matrix.normalized(normalization), expected, "\(golden.name): \(normalization)")
    }
    if let adjusted = golden.balancedAdjusted {
      expectClose(matrix.balancedAccuracy(adjusted: true), adjusted, golden.name)
    } else {
      // With a single true class there is nothing beyond chance to measure: NaN or minus infinity.
      #expect(!matrix.balancedAccuracy(adjusted: true).isFinite)
    }
  }

  @Test(arguments: Golden.cases, ZeroDivision.allCases)
  func classScoresEqualScikitLearn(_ golden: Golden.Case, zeroDivision: ZeroDivision) throws {
    let matrix = try golden.matrix()
    let scores = try matrix.classScores(zeroDivision: zeroDivision)
    let expected = try #require(golden.perClass[zeroDivision.rawValue])
    expectClose(scores.map(\.precision), expected.precision, "precision")
    expectClose(scores.map(\.recall), expected.recall, "recall")
    expectClose(scores.map(\.f1), expected.f1, "f1")
    #expect(scores.map(\.support) == expected.support)
    for average in Average.allCases {
      let scores = try matrix.averageScores(average, zeroDivision: zeroDivision)
      let expected = try #require(golden.averages[zeroDivision.rawValue]?[average.rawValue])
      expectClose([scores.precision, scores.recall, scores.f1], expected, "\(average)")
      #expect(scores.support == golden.truth.count)
    }
  }

  @Test func mergedPartsEqualTheWhole() throws {
    let golden = try #require(Golden.cases.first { $0.classes == 7 })
    let middle = golden.truth.count / 3
    var sum = try ConfusionMatrix(counts: [Int](repeating: 0, count: 49), classes: 7)
    for range in [0..<middle, middle..<golden.truth.count] {
      sum = try sum.merging(
        ConfusionMatrix(
          truth: Array(golden.truth[range]), predicted: Array(golden.predicted[range]), classes: 7))
    }
    #expect(try sum == golden.matrix())
  }

  @Test func survivesJSON() throws {
    for golden in Golden.cases {
      let matrix = try golden.matrix()
      let decoded = try JSONDecoder().decode(ConfusionMatrix.self, from: JSONEncoder().encode(matrix))
      #expect(decoded == matrix)
    }
  }

  @Test(arguments: [
    #"{"counts": [[1, 2], [3]]}"#, #"{"counts": [[1, -2], [3, 4]]}"#, #"{"counts": []}"#,
    #"{"counts": [[1, 2, 3]]}"#, #"{"counts": [[9223372036854775807, 1], [0, 0]]}"#,
  ])
  func refusesBadJSON(_ json: String) {
    #expect(throws: MetricError.self) {
      try JSONDecoder().decode(ConfusionMatrix.self, from: Data(json.utf8))
    }
  }

  @Test func withoutSamplesNothingTraps() throws {
    let empty = try ConfusionMatrix(counts: [0, 0, 0, 0], classes: 2)
    #expect(empty.accuracy.isNaN)
    #expect(empty.balancedAccuracy().isNaN)
    #expect(empty.cohenKappa().isNaN)
    #expect(empty.matthewsCorrelation == 0)
    #expect(empty.normalized(.all) == [0, 0, 0, 0])
    #expect(throws: MetricError.empty(what: "trials")) { try empty.accuracyInterval() }
    #expect(throws: MetricError.empty(what: "confusion matrix")) { try ClassificationReport(empty) }
  }
}
