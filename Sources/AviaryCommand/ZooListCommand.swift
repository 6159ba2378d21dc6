import ArgumentParser
import Aviary
import Foundation

struct ZooListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the models of the zoo with what they cost and how good they are.",
    discussion: """
      Multiply-adds and milliseconds are for one picture; the time is measured here and now. The accuracy is
      that of the largest evaluation in the manifest. Models whose file is not there are listed without.

      EXAMPLES
        aviary zoo list
        aviary zoo list --quick --json
      """)

  @Flag(help: "Measure nothing: read the manifests only.")
  var quick = false

  @OptionGroup var flags: ZooFlags
  @OptionGroup var plugins: PluginFlags

  func run() throws {
    let plugins = try plugins.registry()
    var options = SessionOptions()
    options.registry = plugins.operators
    let entries = try flags.index().entries
    var broken: [String] = []
    var rows: [ListedModel] = []
    for entry in entries {
      switch entry.manifest {
      case .failure(let error): broken.append(error.description)
      case .success(let manifest):
        var row = ListedModel(manifest: manifest, isThere: entry.hasFile, cost: nil)
        if !quick, row.isThere {
          do {
            row.cost = try ModelCost(ModelReference(entry.folder), options: options, steps: plugins.steps)
          } catch {
            broken.append("\(manifest.id): \(ExitStatus.describe(error))")
          }
        }
        rows.append(row)
      }
    }
    if flags.json { try Console.printJSON(rows) } else { print(table(rows)) }
    for problem in broken { Console.warning(problem) }
    if !broken.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
  }

  private func table(_ rows: [ListedModel]) -> String {
    var table = TextTable([
      ("id", .left), ("family", .left), ("input", .left), ("classes", .right), ("parameters", .right),
      ("MB", .right), ("multiply-adds", .right), ("ms", .right), ("accuracy", .right), ("on", .left),
    ])
    for row in rows {
      let manifest = row.manifest
      let input = manifest.input
      table.add([
        manifest.id, manifest.family,
        "\(input.width)x\(input.height) \(input.channels.rawValue)\(input.layout == .ntchw ? ", sequence" : "")",
        "\(manifest.output.labels.count)", manifest.parameters.map(grouped) ?? "-",
        fixed(Double(manifest.file.bytes) / 1e6, 1), row.cost.map { grouped($0.multiplyAdds) } ?? "-",
        row.isThere ? row.cost.map { fixed($0.milliseconds, 2) } ?? "-" : "not pulled",
        row.best.map { "\(fixed(100 * $0.accuracy, 2)) %" } ?? "-", row.best?.data ?? "",
      ])
    }
    return table.text
  }
}

/// A line of the list: the manifest and what was measured.
private struct ListedModel: Encodable {
  let manifest: ModelManifest
  let isThere: Bool
  var cost: ModelCost?

  /// The evaluation on most samples.
  var best: ModelManifest.Metrics? { manifest.metrics?.max { $0.samples < $1.samples } }

  private enum CodingKeys: String, CodingKey { case isThere, multiplyAdds, milliseconds, accuracy }

  func encode(to encoder: any Encoder) throws {
    try manifest.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(isThere, forKey: .isThere)
    try container.encodeIfPresent(cost?.multiplyAdds, forKey: .multiplyAdds)
    try container.encodeIfPresent(cost?.milliseconds, forKey: .milliseconds)
    try container.encodeIfPresent(best?.accuracy, forKey: .accuracy)
  }
}
