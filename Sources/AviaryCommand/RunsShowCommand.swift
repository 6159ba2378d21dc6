import ArgumentParser
import Aviary
import AviaryStore
import Foundation

struct RunsShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "What a run is, and its report.")

  @Argument(help: "The run's number.")
  var id: Int64

  @Option(
    help: ArgumentHelp("text, markdown, csv, json, or what a plugin adds.", valueName: "name"))
  var format = "text"

  @Flag(help: "Print JSON: --format json.")
  var json = false

  @OptionGroup var store: StoreFlags
  @OptionGroup var plugins: PluginFlags

  func run() throws {
    let plugins = try plugins.registry()
    let name = json ? "json" : format
    guard let format = plugins.format(name) else {
      throw UsageError(
        "--format \(name): there are \(plugins.formats.map(\.name).joined(separator: ", "))")
    }
    let store = try store.existing()
    let run = try store.run(id)
    if name == "text" { Console.write(Data((alignedPairs(run.facts) + "\n\n").utf8)) }
    let record = try store.record(id, partial: true)
    guard !record.samples.isEmpty else { return }
    Console.write(try format.write(record.summary(metrics: plugins.metrics).document()))
  }
}

extension StoredRun {
  fileprivate var facts: [(String, String)] {
    let input = identity.input
    var facts = [
      ("run", "\(id), \(state.rawValue), \(done) of \(expected) samples"),
      ("file", "\(source.file) (\(identity.bytes) bytes)"), ("sha256", identity.sha256),
      ("data hash", identity.data.contentHash),
      (
        "input",
        "\(input.width)x\(input.height) \(input.channels.rawValue) \(input.layout.rawValue), "
          + "(pixel * \(input.scale) - \(input.mean)) / \(input.std)"
      ),
      ("output", "\(identity.outputName) \(identity.outputKind?.rawValue ?? "(kind told by its looks)")"),
      ("arithmetic", identity.precision.rawValue), ("software", "aviary \(identity.software)"),
      ("started", started),
    ]
    if !identity.disabledPasses.isEmpty {
      facts.append(("left out", identity.disabledPasses.joined(separator: ", ")))
    }
    if !shard.isWhole { facts.append(("shard", "\(shard)")) }
    if let limit = identity.limit { facts.append(("limit", "\(limit)")) }
    if let run {
      facts.append(("host", "\(run.host), \(run.threads) thread(s), batches of \(run.batch)"))
      facts.append(("seconds", fixed(run.seconds, 2)))
    }
    return facts
  }
}
