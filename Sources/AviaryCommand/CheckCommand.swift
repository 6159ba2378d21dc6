import ArgumentParser
import Aviary
import Foundation

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Compare models with their accepted results, and fail where they got worse.",
    discussion: """
      A baseline (Zoo/<id>/baseline.json) holds every sample's prediction and probabilities. Each model is run
      on its baseline's data again. The status is 4 when accuracy, macro-F1 or the recall of any class has
      fallen, when probabilities drift, or when a model cannot be run any more.

      Without --max-loss and its like, a fall counts that a paired test of the same samples calls significant.
      Latency counts only with --max-latency-ratio: that of one image relative to a product of matrices, so
      that a slower machine is no regression.

      EXAMPLES
        aviary check
        aviary check fer-cnn-bn --junit check.xml --markdown check.md
        aviary check new-export.onnx --manifest Zoo/fer-cnn-bn/model.json --baseline Zoo/fer-cnn-bn/baseline.json
        aviary check model.onnx --baseline b.json --data fer2013:DIR --update
        aviary check model.onnx --baseline b.json --max-loss 0.5 --max-drift 0.1
      """)

  @Argument(help: "Model files or zoo ids; by default every model of the zoo that has a baseline.")
  var models: [String] = []

  @Option(help: ArgumentHelp("The baseline of the one model given.", valueName: "file"))
  var baseline: String?

  @Option(
    help: ArgumentHelp("The data, where they lie elsewhere than the baseline says.", valueName: "kind:path"))
  var data: String?

  @Option(help: "Part of the data set, for a new baseline.")
  var split: String?

  @OptionGroup(title: "What counts as worse") var tolerance: ToleranceFlags

  @Option(help: ArgumentHelp("Write JUnit XML to this file.", valueName: "file"))
  var junit: String?

  @Option(help: ArgumentHelp("Write a summary in Markdown to this file.", valueName: "file"))
  var markdown: String?

  @Flag(help: "Accept what the models give now: write their baselines and show what changes.")
  var update = false

  @Option(help: ArgumentHelp("Show at most so many changed samples of a model.", valueName: "n"))
  var list = 20

  @Option(help: "Samples of one run of a model.")
  var batch = 32

  @Option(help: ArgumentHelp("The zoo's folder.", valueName: "dir"))
  var zoo: String?

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup(title: "Input contract") var contract: ContractFlags
  @OptionGroup(title: "Session options") var session: SessionFlags

  func validate() throws {
    if baseline != nil, models.count != 1 {
      throw ValidationError("--baseline needs one model, not \(models.count)")
    }
    guard (1...4096).contains(batch) else { throw ValidationError("--batch \(batch): must be 1 to 4096") }
    guard list >= 0 else { throw ValidationError("--list \(list): must not be negative") }
  }

  func run() throws {
    session.announcePrecision()
    let plugins = try session.plugins.registry()
    let subjects = try GateSubject.find(
      models, zoo: zoo, manifest: contract.manifest, baseline: baseline, isUpdate: update)
    let runner = GateRunner(command: self, plugins: plugins, probe: try tolerance.probe())
    var results: [GateResult] = []
    for subject in subjects {
      results.append(update ? try runner.update(subject) : try runner.check(subject))
    }
    let tables = GateTables(results)
    if let junit { try write(GateJUnit.xml(results), to: junit) }
    if let markdown { try write(tables.markdown(limit: list), to: markdown) }
    if json { try Console.printJSON(results) } else { print(text(tables)) }
    for result in results {
      for note in result.notes { Console.note("\(result.model): \(note)") }
    }
    if !update, !results.allSatisfy(\.passed) { throw ExitCode(ExitStatus.regression.rawValue) }
  }

  private func write(_ text: String, to path: String) throws {
    do { try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
      throw CommandError("\(path): cannot be written: \(error.localizedDescription)")
    }
  }

  private func text(_ tables: GateTables) -> String {
    var parts = [tables.overview.block]
    let checks = tables.checks(onlyFailed: true)
    if !checks.rows.isEmpty, !update { parts.append(checks.block) }
    let count = tables.results.reduce(0) { $0 + $1.changed.count }
    if count > 0, list > 0 {
      let changed = tables.changed(limit: list)
      parts.append(
        (changed.rows.count < count ? "\(changed.rows.count) of \(count) changed predictions\n" : "")
          + changed.block)
    }
    return parts.joined(separator: "\n\n")
  }
}

/// What counts as worse.
struct ToleranceFlags: ParsableArguments {
  @Option(help: ArgumentHelp("Allow accuracy to fall by so many percentage points.", valueName: "points"))
  var maxLoss: Double?

  @Option(help: ArgumentHelp("Allow macro-F1 to fall by so many percentage points.", valueName: "points"))
  var maxF1Loss: Double?

  @Option(
    help: ArgumentHelp("Allow the recall of a class to fall by so many percentage points.", valueName: "points"))
  var maxClassLoss: Double?

  @Option(
    help: ArgumentHelp("Allow logarithms of probabilities (so logits) to change by so much.", valueName: "nats"))
  var maxDrift = 1e-3

  @Flag(help: "Allow probabilities to change: for a model that was trained anew.")
  var noDrift = false

  @Option(
    help: ArgumentHelp(
      "Allow the latency of an image, relative to the reference kernel, to grow by this factor.",
      valueName: "factor"))
  var maxLatencyRatio: Double?

  @Option(help: "How sure a fall must be that no tolerance is given for.")
  var confidence = 0.95

  func validate() throws {
    for (name, value) in [
      ("--max-loss", maxLoss), ("--max-f1-loss", maxF1Loss), ("--max-class-loss", maxClassLoss),
      ("--max-drift", maxDrift),
    ] {
      if let value, !(value >= 0 && value.isFinite) {
        throw ValidationError("\(name) \(value): must be a number that is not negative")
      }
    }
    if let maxLatencyRatio, !(maxLatencyRatio >= 1 && maxLatencyRatio.isFinite) {
      throw ValidationError("--max-latency-ratio \(maxLatencyRatio): must be at least 1")
    }
    guard confidence >= 0.5, confidence < 1 else {
      throw ValidationError("--confidence \(confidence): must be at least 0.5 and below 1")
    }
  }

  var tolerances: GateTolerances {
    var result = GateTolerances()
    result.accuracy = maxLoss.map { $0 / 100 }
    result.macroF1 = maxF1Loss.map { $0 / 100 }
    result.classRecall = maxClassLoss.map { $0 / 100 }
    result.drift = noDrift ? nil : maxDrift
    result.latencyRatio = maxLatencyRatio
    result.confidence = confidence
    return result
  }

  func probe() throws -> LatencyProbe? { try maxLatencyRatio == nil ? nil : LatencyProbe() }
}
