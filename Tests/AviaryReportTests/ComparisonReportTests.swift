import AviaryEvaluation
import AviaryMetrics
import Foundation
import Testing

@testable import AviaryImage
@testable import AviaryReport

@Suite struct ComparisonReportTests {
  static let classes = ["</script><b>", "b & \"c\"", "ok"]

  static func record(_ id: String, _ predicted: [Int], milliseconds: [Double] = []) throws -> EvaluationRecord
  {
    let truth = [0, 0, 0, 1, 1, 1, 2, 2, 2, 2]
    return EvaluationRecord(
      version: EvaluationRecord.currentVersion,
      model: .init(
        id: id, file: "f", sha256: String(repeating: "0", count: 64), bytes: 100 + id.utf8.count,
        input: try Preprocessing(
          layout: .nchw, width: 4, height: 4, channels: .grey, scale: 1, mean: [0], std: [1]),
        outputKind: .probabilities, labels: classes),
      data: .init(kind: "fer2013", path: "p", split: "all", contentHash: "h", samples: 10),
      classes: classes,
      samples: truth.indices.map { i in
        .init(
          index: i, id: "<i>\(i)", label: truth[i], scores: (0..<3).map { $0 == predicted[i] ? 0.8 : 0.1 })
      }, skipped: [],
      run: .init(
        host: "h", started: "", seconds: 1, threads: 1, batch: 2,
        cost: milliseconds.isEmpty
          ? nil
          : RunCost(
            parameters: 7, multiplyAdds: 9, loadMilliseconds: 1, milliseconds: milliseconds, peakMiB: 3,
            threads: 1)))
  }

  static func comparison(measured: Bool = true) throws -> Comparison {
    try Comparison([
      record("good", [0, 0, 0, 1, 1, 1, 2, 2, 2, 0], milliseconds: measured ? [4, 5, 6] : []),
      record("fast", [0, 0, 1, 1, 1, 0, 2, 2, 0, 0], milliseconds: measured ? [1, 1, 2] : []),
      record("slow & bad", [1, 1, 1, 1, 1, 0, 2, 2, 0, 0], milliseconds: measured ? [9] : []),
    ])
  }

  @Test func frontAndOrder() throws {
    let ranking = try Ranking(Self.comparison())
    func names(_ rows: [Ranking.Row]) -> [String] { rows.filter { $0.kind == "model" }.map(\.name) }
    #expect(names(ranking.rows.filter(\.isPareto)) == ["good", "fast"])
    #expect(ranking.paretoCost == "ms per image")
    #expect(names(ranking.sorted(by: .accuracy).rows) == ["good", "fast", "slow & bad"])
    #expect(names(ranking.sorted(by: .ms).rows) == ["fast", "good", "slow & bad"])
    #expect(names(ranking.sorted(by: .ms, reversed: true).rows) == ["slow & bad", "good", "fast"])
    let quick = try #require(Ranking.Condition("ms<=5"))
    let models = try #require(Ranking.Condition("kind=model"))
    #expect(names(ranking.filtered([quick, models]).rows) == ["good", "fast"])
    #expect(try names(ranking.filtered([#require(Ranking.Condition("name~BAD"))]).rows) == ["slow & bad"])
    for bad in ["", "ms", "ms<", "ms<x", "beauty<3", "name<3", "ms~3"] {
      #expect(Ranking.Condition(bad) == nil, "\(bad)")
    }
    // What they give together costs as much as all of them.
    let mean = try #require(ranking.rows.first { $0.kind == "mean" })
    #expect(mean.milliseconds == 15 && mean.parameters == 21 && mean.multiplyAdds == 27)

    let unmeasured = try Ranking(Self.comparison(measured: false))
    #expect(unmeasured.paretoCost == "bytes")
    #expect(!unmeasured.table().columns.contains { $0.key == "ms_per_image" })
    #expect(unmeasured.table().csv().contains("good"))
  }

  @Test func theBestModelStandsOut() throws {
    let table = try Ranking(Self.comparison()).table()
    let accuracy = try #require(table.columns.firstIndex { $0.key == "accuracy" })
    // Not the oracle, which is better.
    #expect(table.highlights.filter { $0.column == accuracy } == [.init(row: 0, column: accuracy)])
  }

  private func page() throws -> String {
    let comparison = try Self.comparison()
    var split = SplitSummary(samples: 10, counts: [3, 3, 4])
    split.distinct = 8
    split.duplicates = [[0, 1], [2, 3]]
    split.contradictions = [[2, 3]]
    let report = ComparisonReport(comparison, ranking: try Ranking(comparison))
    return String(decoding: try HTMLReport(report, thumbnails: .none, split: split).html(), as: UTF8.self)
  }

  @Test func needsNothingElse() throws {
    let page = try page()
    let addresses = page.components(separatedBy: "http").dropFirst().map { $0.prefix(24) }
    // Only the name of SVG, and of the policy.
    #expect(
      addresses.allSatisfy { $0.hasPrefix("://www.w3.org/2000/svg") || $0.hasPrefix("-equiv=") },
      "\(addresses)")
    for word in ["src=\"", "@import", "url("] { #expect(!page.contains(word), "\(word)") }
    #expect(page.contains("default-src 'none'"))
    #expect(page.contains("65 ± 5 %"))
    #expect(page.contains("8 different pictures"))
  }

  @Test func namesCannotBreakOut() throws {
    let page = try page()
    #expect(!page.contains("</script><b>"))
    #expect(!page.contains("<i>"))
    #expect(page.components(separatedBy: "</script>").count == 3)
  }

  @Test func everyCellHasItsSamples() throws {
    let page = try page()
    let start = try #require(page.range(of: "id=\"report-data\">"))
    let end = try #require(page.range(of: "</script>", range: start.upperBound..<page.endIndex))
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(page[start.upperBound..<end.lowerBound].utf8))
        as? [String: Any])
    let truth = try #require(json["truth"] as? [Int])
    let predicted = try #require(json["predicted"] as? [[Int]])
    #expect(json["classes"] as? [String] == Self.classes)
    let comparison = try Self.comparison()
    for (model, entry) in comparison.entries.enumerated() {
      for t in 0..<3 {
        for p in 0..<3 {
          let count = truth.indices.count { truth[$0] == t && predicted[model][$0] == p }
          #expect(count == entry.summary.confusion[truth: t, predicted: p])
          let button = "data-m=\"\(model)\" data-t=\"\(t)\" data-p=\"\(p)\""
          #expect(page.contains(button) == (count > 0), "\(button)")
        }
      }
    }
    #expect(page.contains("data-pair=\"0,1\" data-outcome=\"1\""))
  }

  @Test func chartsAreDocumentsWithWords() throws {
    let comparison = try Self.comparison()
    let charts = ComparisonCharts(ComparisonReport(comparison, ranking: try Ranking(comparison)))
    let items = try charts.common() + comparison.entries.flatMap { try charts.of($0) }
    #expect(
      Set(items.map(\.name)).isSuperset(of: [
        "accuracy_time", "accuracy_differences", "f1_differences", "f1_by_class", "roc_models",
        "precision_recall_models", "latency", "confusion_matrix", "roc", "precision_recall", "reliability",
        "risk_coverage",
      ]))
    for item in items {
      let document = try #require(Document(item.chart.svg()), "\(item.name)")
      #expect(document.elements.contains { $0.name == "desc" && !$0.text.isEmpty }, "\(item.name)")
      #expect(try item.chart.png().count > 1000, "\(item.name)")
    }
  }

  @Test func picturesStayInTheirBudget() throws {
    struct Content: SampleContent {
      let level: UInt8
      func bytes() -> [UInt8] { [level] }
      func image(_ options: DecodeOptions) -> Image {
        Image(unchecked: 200, 100, .rgb, (0..<60_000).map { UInt8(truncatingIfNeeded: $0 &* 31) ^ level })
      }
    }
    let comparison = try Self.comparison()
    let dataset = Dataset(
      kind: "k", path: "p", split: "s", classes: Self.classes,
      samples: (0..<10).map { Sample(id: "<i>\($0)", label: 0, content: Content(level: UInt8($0))) })
    let all = try Thumbnails(comparison, dataset, budget: 1 << 20)
    #expect(all.files.count == 10)
    let first = try #require(all.files.values.first)
    let small = try Image(decoding: Array(first), path: "thumbnail")
    #expect(small.width == 96 && small.height == 48)
    let largest = all.files.values.map(\.count).max() ?? 0
    let few = try Thumbnails(comparison, dataset, budget: largest * 5)
    #expect((1..<10).contains(few.files.count))
    #expect(few.files.values.reduce(0) { $0 + $1.base64EncodedString().count } <= largest * 5)
    // What a model got wrong comes first.
    let wrong = Set(
      comparison.entries.flatMap { entry in
        entry.record.samples.indices.filter {
          entry.predictions.predicted[$0] != entry.record.samples[$0].label
        }
      })
    #expect(Set(few.files.keys).isSubset(of: wrong))
    #expect(try Thumbnails(comparison, dataset, budget: 0).files.isEmpty)
  }
}
