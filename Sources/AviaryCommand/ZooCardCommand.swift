import ArgumentParser
import Aviary
import Foundation

struct ZooCardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "card", abstract: "Write a model's card from its manifest and the last evaluation.",
    discussion: """
      Prints CARD.md, or writes it with --write. Title, facts and results come from the manifest; sections that
      somebody wrote by hand stay. --record takes the results of an evaluation into the manifest first.

      EXAMPLES
        aviary zoo card fer-cnn-bn
        aviary evaluate fer-cnn-bn --data fer2013:DIR --record run.json
        aviary zoo card fer-cnn-bn --record run.json --name "fer2013 test" --write
      """)

  @Argument(help: "The id of a model of the zoo, or its folder.")
  var id: String

  @Option(help: ArgumentHelp("Record of an evaluation of this model (evaluate --record).", valueName: "file"))
  var record: String?

  @Option(help: "What the evaluation's data are called in the card; by default kind and split.")
  var name: String?

  @Flag(help: "Write CARD.md and, with --record, the manifest.")
  var write = false

  @OptionGroup var flags: ZooFlags
  @OptionGroup var plugins: PluginFlags

  func validate() throws { try refuseControls(name, "--name") }

  func run() throws {
    _ = try plugins.registry()
    let (zoo, id) = try flags.model(id)
    let entry = try zoo.entry(id)
    var manifest = try entry.manifest.get()
    let editor = ZooEditor(zoo)
    if let record {
      let metrics = try metrics(EvaluationRecord(contentsOf: record), manifest, path: record)
      var all = manifest.metrics ?? []
      if let old = all.firstIndex(where: { $0.data == metrics.data }) {
        all[old] = metrics
      } else {
        all.append(metrics)
      }
      manifest.metrics = all
    }
    let path = "\(entry.folder)/\(ModelCard.fileName)"
    let existing = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    let picture = ["confusion_matrix.svg", "confusion_matrix.png"].first {
      FileManager.default.fileExists(atPath: "\(entry.folder)/\($0)")
    }
    let card = ModelCard(manifest, existing: existing, picture: picture).text
    guard write else {
      return flags.json ? try Console.printJSON(["card": card]) : print(card, terminator: "")
    }
    // Both texts are made before either file is touched.
    let text = try manifest.text(path: "\(entry.folder)/\(ZooIndex.manifestName)")
    if record != nil { try editor.write(text, to: ZooIndex.manifestName, of: id) }
    try editor.write(card, to: ModelCard.fileName, of: id)
    if flags.json { try Console.printJSON(["card": card, "written": path]) } else { Console.note(path) }
  }

  private func metrics(
    _ record: EvaluationRecord, _ manifest: ModelManifest, path: String
  ) throws -> ModelManifest.Metrics {
    guard record.model.sha256 == manifest.file.sha256 else {
      throw CommandError(
        "\(path): is an evaluation of another file (sha256 \(record.model.sha256)) than \(manifest.id)'s")
    }
    let summary = try record.summary()
    func value(_ name: String) -> Double? {
      summary.metrics.first { $0.name == name }?.value.map { ($0 * 1e6).rounded() / 1e6 }
    }
    return .init(
      data: name ?? "\(record.data.kind) \(record.data.split)", samples: summary.samples,
      accuracy: value("accuracy") ?? 0, balancedAccuracy: value("balanced_accuracy"),
      macroF1: value("f1_macro"),
      logLoss: value("log_loss"))
  }
}
