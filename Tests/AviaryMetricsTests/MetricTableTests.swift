import AviaryMetrics
import Testing

/// What holds for every metric of the table, driven by the table itself.
@Suite struct MetricTableTests {
  @Test(arguments: Golden.cases)
  func equalsScikitLearn(_ golden: Golden.Case) throws {
    let predictions = try golden.predictions()
    var compared = 0
    for metric in Metric.all {
      guard let expected = golden.metrics[metric.name] else { continue }
      expectClose(try metric(predictions), expected, "\(golden.name): \(metric.name)")
      compared += 1
    }
    #expect(compared == golden.metrics.count, "a golden value has no metric of its name")
    if golden.scores != nil, golden.classes > 1 { #expect(compared == Metric.all.count) }
  }

  @Test func namesAndTitlesAreUnique() {
    #expect(Set(Metric.all.map(\.name)).count == Metric.all.count)
    #expect(Set(Metric.all.map(\.title)).count == Metric.all.count)
    for metric in Metric.all { #expect(Metric.named(metric.name)?.title == metric.title) }
    #expect(Metric.named("no such metric") == nil)
  }

  @Test(arguments: Metric.all.map(\.name))
  func perfectPredictionsGiveTheBestValue(_ name: String) throws {
    let metric = try #require(Metric.named(name))
    let truth = [0, 1, 2, 3, 2, 1, 1]
    let scores = try ScoreMatrix(truth.flatMap { t in (0..<4).map { $0 == t ? 1.0 : 0 } }, classes: 4)
    expectClose(try metric(Predictions(truth: truth, scores: scores)), metric.best, tolerance: 1e-12, name)
  }

  @Test(arguments: Metric.all.map(\.name))
  func valuesStayWithinTheirBounds(_ name: String) throws {
    let metric = try #require(Metric.named(name))
    let bounds = min(metric.best, metric.worst)...max(metric.best, metric.worst)
    for golden in Golden.cases where golden.metrics[name] != nil {
      let value = try metric(golden.predictions())
      if !value.isNaN {
        #expect(bounds.lowerBound - 1e-12 <= value && value <= bounds.upperBound + 1e-12, "\(golden.name)")
      }
    }
  }

  @Test(arguments: Metric.all.map(\.name))
  func orderAndRepetitionOfSamplesDoNotMatter(_ name: String) throws {
    let metric = try #require(Metric.named(name))
    for golden in Golden.cases {
      guard let values = golden.scores, golden.classes > 1 else { continue }
      let scores = try ScoreMatrix(values, classes: golden.classes)
      let order = (golden.truth.indices.reversed() + Array(golden.truth.indices))
      let shuffled = try Predictions(
        truth: order.map { golden.truth[$0] },
        scores: ScoreMatrix(order.flatMap { scores.row($0) }, classes: golden.classes),
        predicted: order.map { golden.predicted[$0] })
      let value = try metric(golden.predictions())
      expectClose(try metric(shuffled), value.isNaN ? nil : value, "\(golden.name): \(name)")
    }
  }

  @Test(arguments: Metric.all.map(\.name))
  func symmetricMetricsAllowAnExchangeAndTheOthersDoNot(_ name: String) throws {
    let metric = try #require(Metric.named(name))
    guard metric.input == .labels else {
      #expect(!metric.isSymmetric)
      return
    }
    var differs = false
    for golden in Golden.cases {
      let value = try metric(
        Predictions(truth: golden.truth, predicted: golden.predicted, classes: golden.classes))
      let exchanged = try metric(
        Predictions(truth: golden.predicted, predicted: golden.truth, classes: golden.classes))
      if metric.isSymmetric {
        expectClose(exchanged, value.isNaN ? nil : value, "\(golden.name): \(name)")
      } else if (exchanged - value).magnitude > 1e-6 {
        differs = true
      }
    }
    #expect(metric.isSymmetric || differs)
  }

  @Test(arguments: Metric.all.map(\.name))
  func metricsOfScoresSayWhenScoresAreMissing(_ name: String) throws {
    let metric = try #require(Metric.named(name))
    let predictions = try Predictions(truth: [0, 1], predicted: [1, 1], classes: 2)
    if metric.input == .labels {
      #expect(try metric(predictions).isFinite)
    } else {
      #expect(throws: MetricError.scoresMissing(metric: name)) { try metric(predictions) }
    }
  }

  @Test(arguments: Metric.all.map(\.name))
  func metricsOfProbabilitiesRefuseLogits(_ name: String) throws {
    let metric = try #require(Metric.named(name))
    let logits = try ScoreMatrix([-1.5, 2, 0.5, 3, -2, 1], classes: 3)
    let predictions = try Predictions(truth: [1, 2], scores: logits)
    if metric.input == .probabilities {
      #expect(throws: MetricError.self) { try metric(predictions) }
    } else {
      _ = try metric(predictions)
    }
    _ = try metric(Predictions(truth: [1, 2], scores: logits.softmax()))
  }
}
