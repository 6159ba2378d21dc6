import AviaryMetrics
import AviaryReport
import Foundation
import Testing

@Suite struct ReportTests {
  private static let matrix = Result { try ConfusionMatrix(counts: [3, 1, 0, 4], classes: 2) }

  @Test func confusionMatrixAsText() throws {
    let report = try ConfusionMatrixReport(Self.matrix.get(), labels: ["no", "yes"])
    #expect(
      report.table().text() == """
        true\\predicted  no  yes
        ──────────────  ──  ───
        no               3    1
        yes              0    4

        """)
    #expect(
      report.table(.pred).text() == """
        true\\predicted      no     yes
        ──────────────  ──────  ──────
        no              1.0000  0.2000
        yes             0.0000  0.8000

        """)
    #expect(report.table().csv() == "true\\predicted,no,yes\nno,3,1\nyes,0,4\n")
    #expect(report.table(.true).csv() == "true\\predicted,no,yes\nno,0.75,0.25\nyes,0,1\n")
  }

  @Test func confusionMatrixAsJSON() throws {
    struct Decoded: Decodable {
      let labels: [String]
      let counts: [[Int]]
      let normalized: [String: [[Double]]]
    }
    let labels = ["a \"quoted\" one", "b"]
    let matrix = try Self.matrix.get()
    let json = try ConfusionMatrixReport(matrix, labels: labels).json()
    let decoded = try JSONDecoder().decode(Decoded.self, from: Data(json.utf8))
    #expect(decoded.labels == labels)
    #expect(decoded.counts == matrix.rows)
    for normalization in ConfusionMatrix.Normalization.allCases {
      #expect(decoded.normalized[normalization.rawValue]?.flatMap { $0 } == matrix.normalized(normalization))
    }
    // The counts are what the matrix itself reads.
    #expect(try JSONDecoder().decode(ConfusionMatrix.self, from: Data(json.utf8)) == matrix)
  }

  @Test func labelsAreOnePerClass() throws {
    #expect(throws: ReportError.mismatch(what: "labels", got: 1, expected: 2)) {
      try ConfusionMatrixReport(Self.matrix.get(), labels: ["only one"])
    }
  }

  @Test func comparisonMarksTheBest() throws {
    let scores = try ScoreMatrix([0.7, 0.2, 0.1, 0.1, 0.8, 0.1, 0.3, 0.3, 0.4, 0.6, 0.3, 0.1], classes: 3)
    let comparison = ModelComparison([
      try .init(
        name: "good", predictions: Predictions(truth: [0, 1, 2, 0], scores: scores), imagesPerSecond: 500),
      try .init(
        name: "poor", predictions: Predictions(truth: [1, 1, 0, 2], scores: scores),
        imagesPerSecond: 2000.25),
      try .init(name: "labels", predictions: Predictions(truth: [0, 1], predicted: [0, 0], classes: 2)),
    ])
    // The values are scikit-learn's.
    #expect(
      comparison.table().text() == """
        model   accuracy   balanced   macro F1    top-2   log-loss     kappa       MCC   images/s
        ──────  ─────────  ─────────  ─────────  ───────  ─────────  ────────  ────────  ─────────
        good      1.0000*    1.0000*    1.0000*  1.0000*    0.5017*   1.0000*   1.0000*     500.0
        poor      0.2500     0.1667     0.2222   0.5000     1.3348   -0.0909   -0.1000     2000.2*
        labels    0.5000     0.5000     0.3333        –          –    0.0000    0.0000          –

        """)
    let json = try JSONEncoder().encode(comparison)
    let entries = try JSONDecoder().decode(ModelComparison.self, from: json).entries
    #expect(entries.map(\.name) == ["good", "poor", "labels"])
    #expect(entries[0].metrics.count > comparison.table().columns.count)
    #expect(entries[1].imagesPerSecond == 2000.25)
    #expect(entries[2].metrics["log_loss"] == nil)
  }

  @Test func comparisonRefusesLogits() throws {
    let predictions = try Predictions(truth: [0], scores: ScoreMatrix([3.0, -1], classes: 2))
    #expect(throws: MetricError.self) { try ModelComparison.Entry(name: "m", predictions: predictions) }
  }

  @Test func comparisonWithoutSpeedHasNoSpeedColumn() throws {
    let table = ModelComparison([.init(name: "m", metrics: ["accuracy": 0.5, "mine": .nan])])
      .table(metrics: ["accuracy", "mine"])
    #expect(table.columns.map(\.title) == ["model", "accuracy", "mine"])
    #expect(table.rows == [[.text("m"), .number(0.5, digits: 4), .missing]])
  }
}
