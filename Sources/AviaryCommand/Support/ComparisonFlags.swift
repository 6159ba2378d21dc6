import ArgumentParser
import Aviary

/// What is compared beyond the models as they are.
struct ComparisonFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Models whose answers are put together, by their names in the table; may be repeated. By default all.",
      valueName: "a,b,.."))
  var ensemble: [String] = []

  @Option(
    name: .customLong("precisions"),
    help: ArgumentHelp("A row for each model in each of these arithmetics.", valueName: "fp32,bf16"))
  var precisions: String?

  @Option(
    name: .customLong("input-sizes"),
    help: ArgumentHelp(
      "A row for each model at each of these sizes of its input, for models that take any.",
      valueName: "48,64,.."))
  var inputSizes: String?

  @Flag(
    help: ArgumentHelp(
      "Evaluate each model on changed pictures, too: what it loses when they are mirrored, noisy, ..."))
  var robustness = false

  @Option(
    help: ArgumentHelp(
      "Only these changes: \(PictureChange.all.map(\.name).joined(separator: ", ")).", valueName: "a,b,.."))
  var changes: String?

  @Flag(help: "Evaluate again what the store has.")
  var fresh = false

  @Flag(name: .customLong("no-cost"), help: "Do not measure time and memory.")
  var noCost = false

  @Option(
    help: ArgumentHelp(
      "Write everything into one HTML file that needs no network, with the pictures behind every cell.",
      valueName: "file"))
  var html: String?

  @Option(
    help: ArgumentHelp(
      "How many MiB of pictures the HTML file may hold; beyond that samples are named only.", valueName: "MiB"
    ))
  var thumbnails = 4.0

  @Flag(
    inversion: .prefixedNo,
    help: "Read all splits of the data for the HTML report: duplicates, leaks and what they do to the accuracies.")
  var audit = true

  @Option(
    help: ArgumentHelp("Write every chart as SVG and PNG and every table as CSV here.", valueName: "dir"))
  var charts: String?

  @Option(help: "Name so many samples of each kind on which two models disagree.")
  var samples = 0

  @Option(help: "Seed of the bootstrap.")
  var seed: UInt64 = 1

  func validate() throws {
    _ = try checkedSizes()
    _ = try checkedPrecisions()
    _ = try checkedChanges()
    guard samples >= 0 else { throw ValidationError("--samples \(samples): must not be negative") }
    guard (0...1000).contains(thumbnails) else {
      throw ValidationError("--thumbnails \(thumbnails): is from 0 to 1000 MiB")
    }
  }

  private func checkedSizes() throws -> [Int] {
    try splitList(inputSizes ?? "").map { text in
      guard let size = Int(text), (1...4096).contains(size) else {
        throw ValidationError("--input-sizes \(text): is a number of pixels from 1 to 4096")
      }
      return size
    }
  }

  private func checkedPrecisions() throws -> [Precision] {
    try splitList(precisions ?? "").map { text in
      guard let precision = Precision(rawValue: text) else {
        let known = Precision.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError(
          "--precisions \(text): is one of \(known); an int8 model is a file of its own, for --models")
      }
      return precision
    }
  }

  private func checkedChanges() throws -> [PictureChange] {
    guard let changes else { return robustness ? PictureChange.all : [] }
    return try splitList(changes).map { name in
      guard let change = PictureChange.all.first(where: { $0.name == name }) else {
        let known = PictureChange.all.map(\.name).joined(separator: ", ")
        throw ValidationError("--changes \(name): is one of \(known)")
      }
      return change
    }
  }

  // Checked before anything runs.
  var sizes: [Int] { (try? checkedSizes()) ?? [] }
  var changeList: [PictureChange] { (try? checkedChanges()) ?? [] }
  var precisionList: [Precision] { (try? checkedPrecisions()) ?? [] }

  func options(_ plugins: PluginRegistry) -> Comparison.Options {
    var options = Comparison.Options()
    options.metrics = plugins.metrics
    options.ensembles = ensemble.map(splitList)
    options.bootstrap.seed = seed
    options.combinesAll = sizes.count < 2 && precisionList.count < 2
    return options
  }
}
