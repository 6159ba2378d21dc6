import AviaryMetrics
import AviaryZoo
import Foundation

/// Compares an evaluation with a baseline.
public struct RegressionGate: Sendable {
  public let baseline: Baseline
  public let tolerances: GateTolerances

  public init(_ baseline: Baseline, tolerances: GateTolerances = .init()) {
    self.baseline = baseline
    self.tolerances = tolerances
  }

  /// Every check that can be made.
  ///
  /// - Parameters:
  ///   - record: of the data that the baseline names.
  ///   - path: of the baseline, for the report.
  ///   - latency: measured now, where it is asked for.
  /// - Throws: `MetricError` for a record without samples.
  public func judge(
    _ record: EvaluationRecord, model: String, path: String, latency: Baseline.Latency? = nil
  ) throws(MetricError) -> GateResult {
    var result = GateResult(model: model, baseline: path)
    if let problem = dataProblem(record) {
      result.checks.append(.init(name: "data", passed: false, message: problem))
      return result
    }
    result.checks.append(
      .init(name: "data", passed: true, message: "\(record.samples.count) samples of \(baseline.data)"))
    let predictions = try record.predictions()
    // The data check has made sure that every sample and label is known.
    let labels = Dictionary(record.classes.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let before = record.samples.map { sample in
      baseline.accepted(id: sample.id, position: sample.index).flatMap { labels[$0.label] } ?? 0
    }
    let loss = try PairedLoss(
      truth: predictions.truth, before: before, after: predictions.predicted, classes: record.classes.count)
    var options = PairedBootstrap.Options()
    options.confidence = tolerances.confidence
    // Enough for an interval that is shown and decides nothing.
    options.resamples = 500
    // Where nothing has changed, there is nothing to draw.
    let paired =
      before == predictions.predicted
      ? nil
      : try PairedBootstrap(
        truth: predictions.truth, predicted: [predictions.predicted, before], classes: record.classes.count,
        options: options)
    result.checks.append(
      fall(
        "accuracy", loss.accuracy, given: tolerances.accuracy, interval: paired?.accuracyDifference(0, 1)))
    result.checks.append(
      fall("macro-F1", loss.macroF1, given: tolerances.macroF1, interval: paired?.macroF1Difference(0, 1)))
    let tested = loss.recall.count { $0 != nil }
    for (name, change) in zip(record.classes, loss.recall) {
      guard let change else { continue }
      result.checks.append(
        fall("recall of \(name)", change, given: tolerances.classRecall, comparisons: tested))
    }
    let confusion = try ConfusionMatrix(
      truth: predictions.truth, predicted: before, classes: record.classes.count)
    if let warning = LabelOrderCheck(predictions.confusion, names: record.classes)?.warning,
      // A weak model may always have looked so.
      LabelOrderCheck(confusion, names: record.classes)?.isSuspicious == false
    {
      result.checks.append(.init(name: "label order", passed: false, message: warning))
    }
    drift(record, into: &result)
    if let ratio = tolerances.latencyRatio { result.checks.append(grown(latency, limit: ratio)) }
    result.changed = zip(record.samples, zip(before, predictions.predicted)).compactMap { sample, pair in
      pair.0 == pair.1
        ? nil
        : .init(
          id: sample.id, truth: record.classes[sample.label], before: record.classes[pair.0],
          after: record.classes[pair.1])
    }
    result.metrics = try metrics(record)
    if record.model.sha256 != baseline.sha256 {
      result.notes.append(
        "the baseline was made with another file (sha256 \(baseline.sha256.prefix(12)), now "
          + "\(record.model.sha256.prefix(12)))")
    }
    return result
  }

  /// Why the record is not of the baseline's samples.
  private func dataProblem(_ record: EvaluationRecord) -> String? {
    let known = Set(record.classes)
    let named = baseline.packed == nil ? Set(baseline.predictions.values) : Set(baseline.classes ?? [])
    if let label = named.filter({ !known.contains($0) }).min() {
      return "the baseline has the class '\(label)', the data \(record.classes.joined(separator: ", "))"
    }
    if baseline.packed != nil {
      // The hash covers every sample's id, class and bytes, in order.
      guard baseline.contentHash == record.data.contentHash, baseline.count == record.samples.count else {
        return "the samples are not those of the baseline (\(record.samples.count) with content hash "
          + "\(record.data.contentHash.prefix(12)), was \(baseline.count) with "
          + "\(baseline.contentHash?.prefix(12) ?? "none"))"
      }
      return nil
    }
    let ids = Set(record.samples.map(\.id))
    if let missing = baseline.predictions.keys.filter({ !ids.contains($0) }).min() {
      return "sample '\(missing)' of the baseline is not in the data"
    }
    if let surplus = ids.filter({ baseline.predictions[$0] == nil }).min() {
      return "sample '\(surplus)' is not in the baseline; --update takes it up"
    }
    if let hash = baseline.contentHash, hash != record.data.contentHash {
      return "the pictures or their classes are not those of the baseline (content hash "
        + "\(record.data.contentHash.prefix(12)), was \(hash.prefix(12)))"
    }
    return nil
  }

  /// A fall beyond what is given or, without that, beyond chance.
  private func fall(
    _ name: String, _ change: PairedLoss.Change, given: Double?, comparisons: Int = 1,
    interval: PairedBootstrap.Estimate? = nil
  ) -> GateResult.Check {
    let limit = (1 - tolerances.confidence) / Double(comparisons)
    let passed = given.map { change.fall <= $0 + 1e-12 } ?? !(change.pValue < limit)
    var values = "\(percent(change.before)) -> \(percent(change.after))"
    if let interval {
      values +=
        " (paired interval of the change, \(significant(100 * tolerances.confidence)) %: "
        + "\(signed(interval.lower)) to \(signed(interval.upper)) points)"
    }
    guard change.fall > 0 else { return .init(name: name, passed: passed, message: values) }
    let rule =
      given.map { "a fall of \(points($0)) is allowed" }
      ?? "p = \(significant(change.pValue)), significant below \(significant(limit))"
    return .init(name: name, passed: passed, message: "\(values), a fall of \(points(change.fall)); \(rule)")
  }

  private func drift(_ record: EvaluationRecord, into result: inout GateResult) {
    guard baseline.scores != nil || baseline.packed != nil, let classes = baseline.classes else {
      result.notes.append("the baseline has no scores, so drift cannot be seen; --update records them")
      return
    }
    let columns = record.classes.map { classes.firstIndex(of: $0) }
    var worst: (drift: Double, sample: String, label: String) = (0, "", "")
    var sum = 0.0
    for sample in record.samples {
      guard let before = baseline.accepted(id: sample.id, position: sample.index)?.scores else { continue }
      for (c, column) in columns.enumerated() {
        guard let column else { continue }
        let change = Self.logarithm(sample.scores[c]) - Self.logarithm(before[column])
        sum += change.magnitude
        if change.magnitude > worst.drift { worst = (change.magnitude, sample.id, record.classes[c]) }
      }
    }
    let mean = sum / Double(max(1, record.samples.count * record.classes.count))
    // Packed scores are rounded; the likeliest one is what the others leave, with all their rounding.
    let resolution = baseline.packed.map { $0.step * Double(max(1, classes.count - 1)) / 2 } ?? 0
    let text =
      "largest change of a log-probability \(significant(worst.drift)), mean \(significant(mean))"
      + (worst.drift > 0 ? " ('\(worst.label)' of \(worst.sample))" : "")
      + (resolution > 0 ? "; the baseline is rounded to \(significant(resolution))" : "")
    guard let limit = tolerances.drift.map({ $0 + resolution }) else {
      result.notes.append(text)
      return
    }
    let passed = worst.drift <= limit
    result.checks.append(
      .init(
        name: "drift", passed: passed, message: text + (passed ? "" : ", above \(significant(limit))")))
  }

  private static func logarithm(_ probability: Float) -> Double {
    log(Double(max(probability, GateTolerances.leastProbability)))
  }

  private func grown(_ latency: Baseline.Latency?, limit: Double) -> GateResult.Check {
    guard let before = baseline.latency, let latency else {
      return .init(
        name: "latency", passed: false,
        message: "the baseline has no latency; --update with --max-latency-ratio records it")
    }
    let growth = latency.ratio / before.ratio
    let text =
      "\(significant(latency.milliseconds)) ms an image, \(significant(latency.ratio)) of the reference "
      + "kernel; was \(significant(before.ratio)), growth \(significant(growth))"
    return .init(
      name: "latency", passed: growth <= limit,
      message: text + (growth <= limit ? "" : ", above \(significant(limit))"))
  }

  private func metrics(_ record: EvaluationRecord) throws(MetricError) -> [GateResult.Metric] {
    let after = try Baseline.metrics(of: record)
    let names = Set(baseline.metrics.keys).union(after.keys).sorted()
    return names.map { .init(name: $0, before: baseline.metrics[$0], after: after[$0]) }
  }
}

extension Baseline {
  /// What an evaluation gives, to be accepted.
  ///
  /// - Parameter data: how the baseline names the data.
  /// - Throws: `MetricError` for a record without samples.
  public init(
    accepting record: EvaluationRecord, model: String, data: String, latency: Latency? = nil,
    isPacked: Bool? = nil
  ) throws(MetricError) {
    let predictions = try record.predictions()
    self.init(
      model: model, sha256: record.model.sha256, data: data, split: record.data.split,
      contentHash: record.data.contentHash, metrics: try Self.metrics(of: record), classes: record.classes,
      samples: zip(record.samples, predictions.predicted).map { ($0.id, $1, $0.scores) }, latency: latency,
      isPacked: isPacked)
  }

  /// The numbers of a baseline.
  static func metrics(of record: EvaluationRecord) throws(MetricError) -> [String: Double] {
    let predictions = try record.predictions()
    guard let scores = predictions.scores else { return [:] }
    return [
      "samples": Double(record.samples.count), "accuracy": predictions.confusion.accuracy,
      "balancedAccuracy": predictions.confusion.balancedAccuracy(),
      "macroF1": try predictions.confusion.averageScores(.macro).f1,
      "logLoss": try logLoss(truth: predictions.truth, scores: scores),
    ]
  }
}
