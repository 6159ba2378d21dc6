import ArgumentParser
import Aviary
import AviaryStore
import Foundation

struct DataAuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract:
      "Find duplicates, exact and near, contradictory labels and imbalance, and what they do to accuracies.",
    discussion: """
      Every picture of every split is decoded. Near duplicates are found by a perceptual hash (256 bits of
      brightness differences) and confirmed by the correlation of 16 x 16 thumbnails (--similarity).

      With --models the effect of samples that stand in other splits, too, is shown on each model's accuracy, from
      the store of runs where it has them; with --record from record files.

      EXAMPLES
        aviary data audit fer2013:DIR
        aviary data audit fer2013:DIR --models all --split test
        aviary data audit folder:DIR --output audit         every group as CSV
      """)

  @Argument(help: ArgumentHelp("The data set.", valueName: "kind:path"))
  var data: String

  @Option(
    help: ArgumentHelp("Models whose accuracy is looked at: files or zoo ids, or all.", valueName: "a,b,.."))
  var models: String?

  @Option(help: ArgumentHelp("A record of an evaluation on this data; may be repeated.", valueName: "file"))
  var record: [String] = []

  @Option(help: "The split that the models are judged on.")
  var split: String?

  @Option(help: "Samples of one run of a model.")
  var batch = 32

  @Option(help: "The least correlation of pictures that count as nearly the same.")
  var similarity = 0.96

  @Flag(inversion: .prefixedNo, help: "Look for near duplicates.")
  var near = true

  @Option(help: ArgumentHelp("Show at most so many groups.", valueName: "n"))
  var list = 10

  @Option(help: ArgumentHelp("Write the tables as CSV into this folder.", valueName: "dir"))
  var output: String?

  @Flag(name: .customLong("skip-bad"), help: "Leave out what cannot be read, and count it.")
  var skipBad = false

  @Flag(help: "Print JSON, with every group.")
  var json = false

  @OptionGroup var store: WritingStoreFlags
  @OptionGroup(title: "Input contract") var contract: ContractFlags
  @OptionGroup(title: "Session options") var session: SessionFlags

  func validate() throws {
    guard similarity > 0.5, similarity <= 1 else {
      throw ValidationError("--similarity \(similarity): must be above 0.5 and at most 1")
    }
    guard list >= 0 else { throw ValidationError("--list \(list): must not be negative") }
    guard (1...4096).contains(batch) else { throw ValidationError("--batch \(batch): must be 1 to 4096") }
    if split != nil, models == nil { throw ValidationError("--split is of use only with --models") }
  }

  func run() throws {
    let plugins = try session.plugins.registry()
    let (provider, path) = try usage { try plugins.reference(data) }
    // What fails must fail before a long audit.
    let records = try record.map { try EvaluationRecord(contentsOf: $0) } + evaluated(plugins)
    let bar = ProgressBar("reading")
    var options = DataAudit.Options()
    options.similarity = similarity
    options.near = near
    options.reading = DatasetOptions(skipBad: skipBad)
    let audit = try DataAudit(provider, path: path, options: options) { bar.update($0, of: $1) }
    for record in records where !audit.info.splits.contains(where: { $0.name == record.data.split }) {
      throw CommandError(
        "the record of \(record.model.id) is of the split '\(record.data.split)', which \(data) lacks")
    }
    let effects = records.compactMap { LeakEffect($0, audit: audit) }
    let tables = AuditTables(audit)
    if let output { try write(tables, effects, plugins, to: output) }
    if json { return try Console.printJSON(Report(audit: audit, effects: effects)) }
    var parts = ["data  \(data)", tables.splits().block, tables.sentences().joined(separator: "\n")]
    if !effects.isEmpty { parts.append("Accuracy\n" + tables.effects(effects).block) }
    let count = audit.groups.count
    if count > 0, list > 0 {
      parts.append(
        (count > list ? "\(list) of \(count) groups (--list, --output), contradictory ones first\n" : "")
          + tables.groups(limit: list).block)
    }
    print(parts.joined(separator: "\n\n"))
    let bad = audit.info.splits.filter { $0.parts.isEmpty }.flatMap(\.bad)
    if !bad.isEmpty {
      Console.warning("\(bad.count) entries could not be read and are left out; the first: \(bad[0])")
    }
  }

  private struct Report: Encodable {
    let audit: DataAudit
    let effects: [LeakEffect]
  }

  private func write(
    _ tables: AuditTables, _ effects: [LeakEffect], _ plugins: PluginRegistry, to path: String
  ) throws {
    let folder = try ReportFolder(path, plugins: plugins)
    var all = [("splits", tables.splits()), ("classes", tables.classes()), ("groups", tables.groups())]
    if !effects.isEmpty { all.append(("leak_effect", tables.effects(effects))) }
    for (name, table) in all { _ = try folder.write("\(name).csv", Data(table.csv().utf8)) }
    Console.note("\(all.count) files written to \(path)")
  }

  /// Records of the models that were named, from the store where it has them.
  private func evaluated(_ plugins: PluginRegistry) throws -> [EvaluationRecord] {
    let names = splitList(models ?? "")
    guard !names.isEmpty else { return [] }
    let dataset = try usage {
      try plugins.open(data, split: split, options: DatasetOptions(skipBad: skipBad))
    }
    let compared = try ComparedModels(
      .init(models: names, sizes: [], precisions: [], contract: contract, session: session), for: dataset,
      plugins: plugins)
    var options = EvaluationOptions()
    options.batch = batch
    options.threads = session.threads
    let evaluator = try Evaluator(compared.rows.map(\.classifier), on: dataset, options: options)
    let kept = try store.open()
    var records = [EvaluationRecord?](repeating: nil, count: compared.rows.count)
    if let kept {
      for (index, identity) in evaluator.identities.enumerated() {
        guard let id = try kept.finished(identity) else { continue }
        records[index] = try kept.record(id)
        records[index]?.model.id = compared.rows[index].name
      }
    }
    let missing = records.indices.filter { records[$0] == nil }
    if !missing.isEmpty {
      let bar = ProgressBar(missing.count == 1 ? compared.rows[missing[0]].name : "\(missing.count) models")
      let made = try StoredEvaluation.make(evaluator.selecting(missing), store: kept, resume: true, bar: bar)
      for (index, result) in zip(missing, made) { records[index] = result.record }
    }
    return records.compactMap { $0 }
  }
}
