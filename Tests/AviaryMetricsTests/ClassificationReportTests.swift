import AviaryMetrics
import Foundation
import Testing

@Suite struct ClassificationReportTests {
  private static func report(_ golden: Golden.Report) throws -> ClassificationReport {
    let matrix = try ConfusionMatrix(counts: golden.confusion.flatMap { $0 }, classes: golden.classes)
    return try ClassificationReport(
      matrix, labels: golden.labels, names: golden.names, zeroDivision: golden.zeroDivision)
  }

  @Test(arguments: Golden.reports)
  func textEqualsScikitLearn(_ golden: Golden.Report) throws {
    let report = try Self.report(golden)
    for (digits, text) in golden.texts {
      #expect(report.text(digits: try #require(Int(digits))) == text, "\(digits) digits")
    }
    #expect(report.text() == golden.texts["2"])
  }

  @Test(arguments: Golden.reports)
  func valuesEqualScikitLearn(_ golden: Golden.Report) throws {
    let report = try Self.report(golden)
    var rows = Dictionary(uniqueKeysWithValues: report.classes.map { ($0.name, $0.scores) })
    rows["macro avg"] = report.macroAverage
    rows["weighted avg"] = report.weightedAverage
    rows["micro avg"] = report.microAverage
    #expect(Set(rows.keys).union(report.accuracy == nil ? [] : ["accuracy"]) == Set(golden.values.keys))
    for (name, entry) in golden.values {
      switch entry {
      case .number(let accuracy):
        expectClose(try #require(report.accuracy), accuracy, name)
      case .scores(let expected):
        let scores = try #require(rows[name])
        expectClose(
          [scores.precision, scores.recall, scores.f1, Double(scores.support)],
          ["precision", "recall", "f1-score", "support"].map { expected[$0] ?? nil }, name)
      }
    }
  }

  @Test(arguments: Golden.reports)
  func survivesJSON(_ golden: Golden.Report) throws {
    let report = try Self.report(golden)
    let decoded = try JSONDecoder().decode(ClassificationReport.self, from: JSONEncoder().encode(report))
    // NaN is not equal to itself; the text shows it as "nan".
    #expect(decoded.text(digits: 14) == report.text(digits: 14))
    #expect((decoded.accuracy == nil) == (report.accuracy == nil))
  }

  @Test func JSONHasScikitLearnsKeys() throws {
    let report = try ClassificationReport(truth: [0, 1, 1], predicted: [0, 1, 0], classes: 2)
    let object = try #require(
      JSONSerialization.jsonObject(with: JSONEncoder().encode(report)) as? [String: Any])
    #expect(Set(object.keys) == ["classes", "accuracy", "macro avg", "weighted avg", "support"])
    let first = try #require((object["classes"] as? [[String: Any]])?.first)
    #expect(Set(first.keys) == ["name", "precision", "recall", "f1-score", "support"])
  }

  @Test func digitsAreLimited() throws {
    let report = try ClassificationReport(truth: [0, 1], predicted: [0, 1], classes: 2)
    #expect(report.text(digits: -3) == report.text(digits: 0))
    #expect(report.text(digits: .max) == report.text(digits: 100))
  }
}
