import AviaryMetrics
import Foundation
import Testing

@testable import AviaryReport

@Suite struct CurveChartTests {
  private static func predictions() throws -> (truth: [Int], scores: ScoreMatrix) {
    let truth = [0, 1, 2, 0, 1, 2, 0]
    var logits: [Double] = []
    for (i, t) in truth.enumerated() {
      for c in 0..<3 { logits.append(sin(Double(i * 5 + c * 3)) + (c == t ? 0.8 : 0)) }
    }
    return (truth, try ScoreMatrix(logits, classes: 3).softmax())
  }

  @Test func rocLegendGivesTheAreas() throws {
    let (truth, scores) = try Self.predictions()
    let chart = try ROCChart(truth: truth, scores: scores, labels: ["a", "b <", "c"])
    let document = try #require(Document(chart.svg()))
    for (c, label) in ["a", "b <", "c"].enumerated() {
      let area = try ROCCurve(truth: truth, scores: scores, class: c).area
      let position = try #require(document.texts.firstIndex(of: label))
      #expect(document.texts[position + 1] == String(format: "%.3f", area))
    }
    #expect(document.elements(named: "path").count == 3)
    _ = try #require(Picture(png: chart.png()))
  }

  /// The drawn line goes through the points of the curve: (0, 0) at the lower left, (1, 1) at the upper
  /// right.
  @Test func rocPathFollowsTheCurve() throws {
    let curve = try ROCCurve(positive: [true, false, true, false], scores: [4, 3, 2, 1])
    let document = try #require(Document(ROCChart([.init(name: "m", curve: curve)]).svg()))
    let data = try #require(document.elements(named: "path").first?.attributes["d"])
    #expect(data == "M76 516L76 296L296 296L296 76L516 76")
  }

  @Test func undefinedCurvesAreNamedAndNotDrawn() throws {
    let scores = try ScoreMatrix([0.5, 0.3, 0.2, 0.1, 0.8, 0.1], classes: 3)
    let chart = try ROCChart(truth: [0, 1], scores: scores, labels: ["a", "b", "absent"])
    let document = try #require(Document(chart.svg()))
    #expect(document.elements(named: "path").count == 2)
    let position = try #require(document.texts.firstIndex(of: "absent"))
    #expect(document.texts[position + 1] == "–")
  }

  @Test(arguments: [1, 8, 9, 40, 200])
  func rocOfManyClasses(_ classes: Int) throws {
    let curve = try ROCCurve(positive: [true, false, true, false], scores: [4, 3, 2, 1])
    let chart = try ROCChart((0..<classes).map { .init(name: "class \($0)", curve: curve) })
    let document = try #require(Document(chart.svg()))
    #expect(document.elements(named: "path").count == classes)
    #expect(document.texts.contains("and \(classes - 40) more") == (classes > 40))
    let root = try #require(document.elements.first)
    for text in document.elements(named: "text") { #expect(text.number("y") < root.number("height")) }
  }

  @Test func averagesAreDashedAndNamed() throws {
    let (truth, scores) = try Self.predictions()
    let charts: [(chart: any Chart, values: [Double])] = [
      (
        try ROCChart(truth: truth, scores: scores, labels: ["a", "b", "c"], averages: true),
        [
          try rocAUC(truth: truth, scores: scores, average: .micro),
          try AveragedCurve.roc(truth: truth, scores: scores).area,
        ]
      ),
      (
        try PrecisionRecallChart(truth: truth, scores: scores, labels: ["a", "b", "c"]),
        [
          try averagePrecision(truth: truth, scores: scores, average: .micro),
          try AveragedCurve.precisionRecall(truth: truth, scores: scores).area,
        ]
      ),
    ]
    for (chart, values) in charts {
      let document = try #require(Document(chart.svg()))
      let paths = document.elements(named: "path")
      #expect(paths.count == 5)
      #expect(paths.count { $0.attributes["stroke-dasharray"] != nil } == 2)
      for (name, value) in zip(["micro average", "macro average curve"], values) {
        let position = try #require(document.texts.firstIndex(of: name))
        #expect(document.texts[position + 1] == String(format: "%.3f", value))
      }
      _ = try #require(Picture(png: chart.png()))
    }
  }

  @Test func precisionRecallPathFollowsTheCurve() throws {
    let curve = try PrecisionRecallCurve(positive: [true, false, true, false], scores: [4, 3, 2, 1])
    let document = try #require(Document(PrecisionRecallChart([.init(name: "m", curve: curve)]).svg()))
    let data = try #require(document.elements(named: "path").first?.attributes["d"])
    #expect(data == "M296 76L296 296L516 222.67L516 296")
    #expect(document.texts.contains("0.833"))
    let scores = try ScoreMatrix([0.5, 0.3, 0.2, 0.1, 0.8, 0.1], classes: 3)
    let absent = try PrecisionRecallChart(truth: [0, 1], scores: scores, labels: ["a", "b", "absent"])
    let shown = try #require(Document(absent.svg()))
    #expect(shown.texts[try #require(shown.texts.firstIndex(of: "absent")) + 1] == "–")
  }

  @Test func riskIsDrawnUpToARoundNumber() throws {
    let curve = try RiskCoverageCurve(
      correct: [true, true, false, true], confidence: [0.9, 0.8, 0.7, 0.6])
    let document = try #require(Document(RiskCoverageChart([.init(name: "m", curve: curve)]).svg()))
    let data = try #require(document.elements(named: "path").first?.attributes["d"])
    // A third is the highest risk, so the axis ends at 0.4.
    #expect(data == "M186 516L296 516L406 149.33L516 241")
    #expect(document.texts.contains("0.4") && document.texts.contains("0.146"))
  }

  @Test func reliabilityBarsAreAccuracies() throws {
    let calibration = try Calibration(
      correct: [true, false, true, true], confidence: [0.15, 0.15, 0.9, 0.95], bins: 2)
    let chart = ReliabilityChart(calibration, title: "r <")
    let document = try #require(Document(chart.svg()))
    let titles = document.elements(named: "title").map(\.text)
    #expect(titles.contains("2 samples: confidence 15.0%, accuracy 50.0%"))
    #expect(titles.contains("2 samples: confidence 92.5%, accuracy 100.0%"))
    let bars = document.elements(named: "rect").filter { $0.number("width") == 218 }
    #expect(bars.map { $0.number("height") } == [220, 440, 90, 90])
    #expect(document.texts.contains(String(format: "%.3f", calibration.expectedError)))
    _ = try #require(Picture(png: chart.png()))
  }

  @Test func barsAreAsHighAsTheirValues() throws {
    let chart = try ClassBarChart(
      labels: ["a", "b"],
      series: [
        .init(name: "first", values: [0.5, 1]), .init(name: "second", values: [.nan, 0.25]),
      ])
    let document = try #require(Document(chart.svg()))
    let bars = document.elements(named: "rect").filter { $0.attributes["rx"] == "1.5" }
    #expect(bars.map { $0.number("height") } == [150, 300, 75])
    #expect(document.elements(named: "title").map(\.text).contains("b, second: 0.2500"))
    #expect(document.texts.contains("first") && document.texts.contains("second"))
    _ = try #require(Picture(png: chart.png()))
  }

  @Test func barsOfAMatrixAreItsF1() throws {
    let matrix = try ConfusionMatrix(counts: [3, 1, 2, 4], classes: 2)
    let series = try ClassBarChart.Series(name: "m", matrix: matrix)
    #expect(try series.values == matrix.classScores().map(\.f1))
  }

  @Test func errors() throws {
    #expect(throws: ReportError.empty(what: "ROC chart")) { try ROCChart([]) }
    #expect(throws: ReportError.empty(what: "precision-recall chart")) { try PrecisionRecallChart([]) }
    #expect(throws: ReportError.empty(what: "risk-coverage chart")) { try RiskCoverageChart([]) }
    #expect(throws: ReportError.empty(what: "bar chart")) { try ClassBarChart(labels: ["a"], series: []) }
    #expect(throws: ReportError.mismatch(what: "values of m", got: 1, expected: 2)) {
      try ClassBarChart(labels: ["a", "b"], series: [.init(name: "m", values: [1])])
    }
    let (truth, scores) = try Self.predictions()
    #expect(throws: ReportError.mismatch(what: "labels", got: 1, expected: 3)) {
      try ROCChart(truth: truth, scores: scores, labels: ["a"])
    }
    #expect(throws: MetricError.self) {
      try ROCChart(truth: [0], scores: scores, labels: ["a", "b", "c"])
    }
  }
}
