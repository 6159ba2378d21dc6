import ArgumentParser
import Aviary
import AviaryStore

/// What `evaluate` and `compare` have in common.
struct EvaluationFlags: ParsableArguments {
  @Option(help: ArgumentHelp("The data set, such as fer2013:DIR or folder:DIR.", valueName: "kind:path"))
  var data: String

  @Option(help: "Part of the data set: train, public, private, test (public and private), or what it has.")
  var split: String?

  @Option(help: ArgumentHelp("Only so many samples, spread evenly over the split.", valueName: "n"))
  var limit: Int?

  @Option(help: "Samples of one run of a model.")
  var batch = 32

  @Flag(name: .customLong("skip-bad"), help: "Leave out samples that cannot be read, and count them.")
  var skipBad = false

  @Flag(
    inversion: .prefixedNo,
    help: "Go on with a run of the same evaluation that was interrupted, instead of beginning anew.")
  var resume = true

  @OptionGroup var store: WritingStoreFlags

  @Option(help: ArgumentHelp("Write the report, tables and pictures into this folder.", valueName: "dir"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "How to write the report: text, markdown, csv, json, or what a plugin adds (aviary plugin list).",
      valueName: "name"))
  var format: String?

  @Flag(help: "Print JSON: --format json.")
  var json = false

  func validate() throws {
    if json, let format, format != "json" { throw ValidationError("--json and --format \(format) differ") }
    guard (1...4096).contains(batch) else { throw ValidationError("--batch \(batch): must be 1 to 4096") }
    if let limit, limit < 1 { throw ValidationError("--limit \(limit): must be at least 1") }
  }

  func options(threads: Int, shard: EvaluationShard = .all) -> EvaluationOptions {
    var options = EvaluationOptions()
    options.batch = batch
    options.threads = threads
    options.limit = limit
    options.shard = shard
    return options
  }

  /// - Throws: `UsageError` where no plugin brings that format.
  func chosenFormat(_ plugins: PluginRegistry) throws -> any ReportFormat {
    let name = json ? "json" : format ?? "text"
    guard let format = plugins.format(name) else {
      let known = plugins.formats.map(\.name).joined(separator: ", ")
      throw UsageError("--format \(name): there is no such format; there are \(known)")
    }
    return format
  }

  /// - Throws: `UsageError` for a kind or split that does not exist, `DatasetError`.
  func dataset(_ plugins: PluginRegistry) throws -> Dataset {
    try usage { try plugins.open(data, split: split, options: DatasetOptions(skipBad: skipBad)) }
  }

  /// Evaluates, with a progress bar, and says on stderr what was left out or looks wrong.
  func evaluate(_ evaluator: Evaluator, store: RunStore?) throws -> [StoredEvaluation] {
    let sources = evaluator.sources
    let bar = ProgressBar(sources.count == 1 ? sources[0].id : "\(sources.count) models")
    let results = try StoredEvaluation.make(evaluator, store: store, resume: resume, bar: bar)
    for (identity, result) in zip(evaluator.identities, results)
    where identity.outputKind == nil && !result.record.samples.isEmpty {
      Console.note("\(result.record.model.id): taking the output for \(result.record.model.outputKind.rawValue)")
    }
    if let first = results.first?.record, !first.skipped.isEmpty {
      Console.warning(
        "\(first.skipped.count) sample(s) could not be read and are left out; "
          + "the first: \(first.skipped[0].reason)")
    }
    return results
  }
}

/// Warns where a model's labels seem to be in another order.
func warnAboutLabelOrder(_ summary: EvaluationSummary) {
  if let warning = LabelOrderCheck(summary.confusion, names: summary.classes)?.warning {
    Console.warning("\(summary.model.id): \(warning)")
  }
}
