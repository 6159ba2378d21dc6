import AviaryMetrics
import Testing

@Suite struct IntervalTests {
  /// The same drawings with scikit-learn's metrics give the same bounds.
  @Test(arguments: Golden.intervals)
  func bootstrapEqualsScikitLearn(_ golden: Golden.Intervals) throws {
    var options = MetricIntervals.Options()
    options.confidence = golden.confidence
    options.resamples = golden.resamples
    options.seed = golden.seed
    let intervals = try MetricIntervals(golden.predictions(), options: options)
    var compared = 0
    for (name, entry) in intervals.metrics where entry.method == .bootstrap {
      let expected = try #require(golden.intervals[name], "\(name)")
      expectClose([entry.lower, entry.upper], expected, name)
      compared += 1
    }
    let withoutRare = golden.intervals["roc_auc_ovr_macro"] == nil
    #expect(compared == (withoutRare ? 13 : 14))
    #expect((intervals.metrics["roc_auc_ovr_macro"] == nil) == withoutRare)
    for c in 0..<golden.classes {
      let f1 = try #require(intervals.f1[c])
      expectClose([f1.lower, f1.upper], try #require(golden.intervals["f1[\(c)]"]), "F1 of \(c)")
      let area = intervals.rocAUC[c].map { [$0.lower, $0.upper] }
      let expected = golden.intervals["roc_auc[\(c)]"]
      #expect((area == nil) == (expected == nil))
      if let area, let expected { expectClose(area, expected, "area of \(c)") }
    }
  }

  @Test func proportionsHaveWilsonsInterval() throws {
    let golden = try #require(Golden.intervals.last)
    let predictions = try golden.predictions()
    let intervals = try MetricIntervals(predictions)
    let matrix = predictions.confusion
    #expect(intervals.metrics["accuracy"]?.method == .wilson)
    #expect(intervals.metrics["accuracy"]?.interval == (try matrix.accuracyInterval()))
    let top = try topKAccuracy(truth: golden.truth, scores: #require(predictions.scores), k: 2)
    #expect(
      intervals.metrics["top_2_accuracy"]?.interval
        == (try Interval.wilson(successes: Int((top * 50).rounded()), trials: 50)))
    for c in 0..<golden.classes {
      let counts = matrix.binaryCounts(of: c)
      #expect(
        intervals.specificity[c]?.interval
          == (try Interval.wilson(successes: counts.trueNegatives, trials: counts.negatives)))
      #expect((intervals.precision[c] == nil) == (counts.predicted == 0))
    }
  }

  @Test func theSameSeedGivesTheSameIntervals() throws {
    let predictions = try #require(Golden.intervals.first).predictions()
    var options = MetricIntervals.Options()
    options.resamples = 50
    let first = try MetricIntervals(predictions, options: options)
    #expect(try MetricIntervals(predictions, options: options) == first)
    options.seed = 2
    #expect(try MetricIntervals(predictions, options: options) != first)
  }

  /// Adversarial inputs give an interval or none, never a trap and never bounds beyond the metric's range.
  @Test(arguments: Golden.cases)
  func everyCaseHasSaneIntervals(_ golden: Golden.Case) throws {
    var options = MetricIntervals.Options()
    options.resamples = 40
    let intervals = try MetricIntervals(golden.predictions(), options: options)
    for (name, entry) in intervals.metrics {
      let metric = try #require(Metric.named(name), "\(name)")
      #expect(entry.lower <= entry.upper, "\(name)")
      #expect(entry.lower >= min(metric.best, metric.worst) - 1e-9, "\(name)")
      #expect(entry.upper <= max(metric.best, metric.worst) + 1e-9, "\(name)")
    }
    #expect(intervals.metrics["accuracy"] != nil)
  }

  @Test func optionsWithoutMeaningAreRefused() throws {
    let predictions = try Predictions(truth: [0, 1], predicted: [0, 1], classes: 2)
    var options = MetricIntervals.Options()
    options.resamples = 0
    #expect(throws: MetricError.self) { try MetricIntervals(predictions, options: options) }
    options.resamples = 10
    options.confidence = 1
    #expect(throws: MetricError.self) { try MetricIntervals(predictions, options: options) }
  }
}
