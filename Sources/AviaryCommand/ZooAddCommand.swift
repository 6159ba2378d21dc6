import ArgumentParser
import Aviary
import Foundation

struct ZooAddCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Add a model: read its graph, find how it is fed, write its manifest.",
    discussion: """
      The model is an .onnx file, an address (https:, http: or file:), or a folder as Hugging Face lays it out
      (config.json, preprocessor_config.json). The graph tells the family, and the family how its networks are
      usually fed. With --data, usual scales, channel orders, resizes and all orders of labels are tried on
      labelled pictures: accurate in PyTorch and wrong as ONNX is nearly always one of these. Where the pictures do
      not tell two orders of labels apart, the usual one is taken. A model with other classes than the data is tried
      on those that both have; its labels must be given then.

      An interrupted download goes on where it stopped when the command is given again, where --sha256 or the server
      says that the file is still the same. What arrived waits until a model is made of it (parts wait in
      $XDG_CACHE_HOME/aviary/downloads, by default ~/.cache).

      EXAMPLES
        aviary zoo add model.onnx --labels angry,happy,sad --license MIT
        aviary zoo add model.onnx --data fer2013:DIR --samples 1000
        aviary zoo add model.onnx --data folder:DIR --dry-run --json
        aviary zoo add https://example.org/model.onnx --sha256 HASH --link --labels labels.txt
      """)

  @Argument(help: "An .onnx file, an address, or a model folder.")
  var source: String

  @Option(help: ArgumentHelp("Labelled pictures to try the model on.", valueName: "kind:path"))
  var data: String?

  @Option(help: "The part of the data; by default the one that it is usually judged on.")
  var split: String?

  @Option(help: "Pictures to try, evenly spread over the data.")
  var samples = 1000

  @Option(help: "The model's id; by default made of the file's name.")
  var id: String?

  @Option(help: "The model's name for people; by default the id.")
  var name: String?

  @Option(help: ArgumentHelp("SPDX identifier of the model's licence.", valueName: "id"))
  var license: String?

  @Option(help: ArgumentHelp("SHA-256 that the file must have.", valueName: "hex"))
  var sha256: String?

  @Flag(help: "Keep address and hash in the zoo, not the file; 'aviary zoo pull' gets it.")
  var link = false

  @Flag(help: "Keep the labels as given, whatever the pictures say.")
  var keepLabels = false

  @Flag(help: "Replace a model of the same id, and all files in its folder.")
  var replace = false

  @Flag(help: "Say what would be added, and change nothing.")
  var dryRun = false

  @OptionGroup(title: "Input and labels") var contract: ContractFlags
  @OptionGroup var flags: ZooFlags
  @OptionGroup var plugins: PluginFlags

  func validate() throws {
    if samples < 10 { throw ValidationError("--samples \(samples): at least 10 are needed to tell anything") }
    try refuseControls(name, "--name")
    if let license, !LicenseExpression.isValid(license) {
      throw ValidationError(
        "--license \(license): is no SPDX licence, such as MIT, Apache-2.0 OR MIT, or LicenseRef- and a name")
    }
    if let sha256, sha256.count != 64 || !sha256.allSatisfy({ $0.isASCII && $0.isHexDigit }) {
      throw ValidationError("--sha256 \(sha256): is not 64 hexadecimal digits, as sha256sum prints them")
    }
    if keepLabels, AddSource.isAddress(source), contract.labels == nil, contract.manifest == nil {
      throw ValidationError(Self.nothingToKeep)
    }
    if link, !AddSource.isAddress(source) { throw ValidationError("--link needs an address to link to") }
  }

  private static let nothingToKeep = "--keep-labels: no labels are given; --labels names them"

  func run() throws {
    let zoo = try flags.index(isFilled: true)
    let plugins = try plugins.registry()
    var options = SessionOptions()
    options.registry = plugins.operators
    let source = try AddSource(source, sha256: sha256?.lowercased())
    try source.inItsName { try add(source, to: zoo, options, plugins) }
  }

  private func add(
    _ source: AddSource, to zoo: ZooIndex, _ options: SessionOptions, _ plugins: PluginRegistry
  ) throws {
    var hints = ModelProposal.Hints()
    hints.overrides = try contract.overrides()
    hints.folder = source.folder
    if let names = source.folder?.placeholders, hints.overrides.labels == nil {
      Console.warning(
        "config.json calls the classes \(names.prefix(2).joined(separator: ", ")), ...: an exporter's placeholders, "
          + "which are not taken; --labels names the classes, --data finds their order")
    }
    hints.manifest =
      try contract.manifest.map { path throws(ZooError) in try ModelManifest(contentsOf: path) }
      ?? source.manifest
    if keepLabels, (hints.overrides.labels ?? hints.manifest?.output.labels ?? hints.folder?.labels) == nil {
      throw UsageError(Self.nothingToKeep)
    }
    var proposal = try ModelProposal(
      path: source.path, catalog: plugins.families, hints: hints, options: options, steps: plugins.steps)
    let id = self.id ?? ZooEditor.id(from: source.name)

    var outcome: DataTrial.Outcome?
    var metrics: [ModelManifest.Metrics]?
    if let data {
      let trial = DataTrial(data: data, split: split, samples: samples, keepsLabels: keepLabels, plugins: plugins)
      let found = try trial.run(&proposal)
      outcome = found
      if found.finding.isConclusive {
        metrics = [
          .init(
            data: found.name, samples: found.finding.samples,
            accuracy: (found.finding.accuracy * 1e6).rounded() / 1e6)
        ]
      }
    }
    var description = ZooAddition.Description(
      id: id, name: name ?? id,
      license: license ?? source.folder?.license ?? hints.manifest?.license
        ?? ZooAddition.unknownLicense)
    description.url = source.address ?? hints.manifest?.file.url
    description.metrics = metrics
    let addition = ZooAddition(proposal, description, options: options, steps: plugins.steps)
    let manifest: ModelManifest
    if dryRun {
      try ZooEditor(zoo).check(id: id, replacing: replace)
      manifest = try addition.manifest(FileDigest(contentsOf: source.path))
    } else {
      manifest = try addition.add(to: zoo, replacing: replace, withWeights: !link)
      // After a failure or a dry run it would be wanted again.
      source.discard()
    }
    let report = AddReport(
      source: self.source, proposal: proposal, manifest: manifest, outcome: outcome,
      folder: dryRun ? nil : "\(zoo.path)/\(id)")
    if flags.json { try Console.printJSON(report) } else { print(report.text) }
    for warning in report.warnings { Console.warning(warning) }
  }
}
