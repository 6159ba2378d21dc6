import Aviary
import Foundation

/// Runs the models of `aviary check`.
struct GateRunner {
  let command: CheckCommand
  let plugins: PluginRegistry
  let probe: LatencyProbe?

  private struct Outcome {
    let id: String
    let record: EvaluationRecord
    let latency: Baseline.Latency?
    /// The file's bytes are not those that its manifest names.
    let fileProblem: String?
  }

  /// A model that cannot be loaded or run is a regression: it could be when the baseline was made. A baseline
  /// or data that cannot be read are not the model's fault.
  ///
  /// - Throws: `ZooError` for the baseline, `DatasetError`, `UsageError`.
  func check(_ subject: GateSubject) throws -> GateResult {
    let started = ContinuousClock.now
    let baseline = try Baseline(contentsOf: subject.baseline)
    let dataset = try open(subject, command.data ?? baseline.data, split: baseline.split ?? command.split)
    var result: GateResult
    do {
      let outcome = try evaluate(subject, dataset)
      result = try RegressionGate(baseline, tolerances: command.tolerance.tolerances).judge(
        outcome.record, model: outcome.id, path: subject.baseline, latency: outcome.latency)
      if let problem = outcome.fileProblem {
        result.checks.insert(.init(name: "file", passed: false, message: problem), at: 0)
      }
    } catch let error as DatasetError {
      throw error
    } catch {
      result = GateResult(model: baseline.model, baseline: subject.baseline)
      result.checks.append(.init(name: "run", passed: false, message: ExitStatus.describe(error)))
    }
    result.seconds = (ContinuousClock.now - started).seconds
    return result
  }

  /// Writes the baseline. The result compares it with the one that was there.
  func update(_ subject: GateSubject) throws -> GateResult {
    let exists = FileManager.default.fileExists(atPath: subject.baseline)
    let old = exists ? try Baseline(contentsOf: subject.baseline) : nil
    guard let data = command.data ?? old?.data else {
      throw UsageError("\(subject.baseline) is not there yet: --data says what the model is judged on")
    }
    let dataset = try open(subject, data, split: command.split ?? (command.data == nil ? old?.split : nil))
    let outcome = try evaluate(subject, dataset)
    let new = try Baseline(
      accepting: outcome.record, model: outcome.id, data: data, latency: outcome.latency ?? old?.latency)
    do {
      try Data(new.text.utf8).write(to: URL(fileURLWithPath: subject.baseline), options: .atomic)
    } catch {
      throw CommandError("\(subject.baseline): cannot be written: \(error.localizedDescription)")
    }
    guard let old else {
      var result = try RegressionGate(new).judge(outcome.record, model: outcome.id, path: subject.baseline)
      result.notes.append("\(subject.baseline) is new")
      return result
    }
    var result = try RegressionGate(old, tolerances: command.tolerance.tolerances).judge(
      outcome.record, model: outcome.id, path: subject.baseline, latency: outcome.latency)
    for metric in result.metrics where metric.before != metric.after {
      func text(_ value: Double?) -> String { value.map { fixed($0, 6) } ?? "none" }
      if text(metric.before) != text(metric.after) {
        result.notes.append("\(metric.name): \(text(metric.before)) -> \(text(metric.after))")
      }
    }
    for check in result.checks where !check.passed {
      result.notes.append("accepted although it would have failed: \(check.name): \(check.message)")
    }
    result.notes.append("\(subject.baseline) written; review it with git diff")
    return result
  }

  private func open(_ subject: GateSubject, _ data: String, split: String?) throws -> Dataset {
    try usage { try plugins.open(subject.resolved(data), split: split, options: DatasetOptions()) }
  }

  private func evaluate(_ subject: GateSubject, _ dataset: Dataset) throws -> Outcome {
    var options = try command.session.options
    options.threads = 1
    let classifier = try loadClassifier(
      subject.name, contract: command.contract, options: options, plugins: plugins, acceptsAnyFile: true)
    var evaluation = EvaluationOptions()
    evaluation.batch = command.batch
    evaluation.threads = command.session.threads
    let bar = ProgressBar(classifier.id)
    let records = try Evaluator([classifier], on: dataset, options: evaluation).run(
      progress: { bar.update($0, of: $1) })
    guard let record = records.first else { throw CommandError("\(classifier.id): was not evaluated") }
    var problem: String?
    if let manifest = classifier.reference.manifest, command.contract.manifest == nil,
      manifest.file.sha256 != record.model.sha256
    {
      problem =
        "\(classifier.reference.modelPath) has sha256 \(record.model.sha256.prefix(12)), its manifest says "
        + "\(manifest.file.sha256.prefix(12))"
    }
    return Outcome(
      id: classifier.id, record: record, latency: try probe?.measure(classifier), fileProblem: problem)
  }
}
