import ArgumentParser
import Aviary
import Foundation

struct ZooListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the models of the zoo with what they cost and how good they are.",
    discussion: """
      Multiply-adds and milliseconds are for one picture; the time is measured here and now. The accuracy is
      that of the largest evaluation in the manifest. Models whose file is not there are listed without. Face
      detectors follow in a table of their own; with --json a line's "task" tells them apart.

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
    let zoo = try flags.index()
    let entries = zoo.entries
    var broken: [String] = []
    var detectors: [ListedDetector] = []
    for entry in zoo.detectors {
      do throws(ZooError) {
        detectors.append(ListedDetector(manifest: try entry.manifest.get(), isThere: entry.hasFiles))
      } catch {
        broken.append(error.description)
      }
    }
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
    if flags.json {
      try Console.printJSON(rows.map(ListedItem.model) + detectors.map(ListedItem.detector))
    } else {
      print(([table(rows)] + (detectors.isEmpty ? [] : [table(detectors)])).joined(separator: "\n\n"))
    }
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

extension ZooListCommand {
  private func table(_ rows: [ListedDetector]) -> String {
    var table = TextTable([
      ("face detector", .left), ("--detector", .left), ("files", .left), ("MB", .right), ("", .left),
    ])
    for row in rows {
      let files = row.manifest.files.sorted { $0.key < $1.key }.map(\.value)
      let bytes = files.reduce(0.0) { $0 + Double($1.bytes) }
      table.add([
        row.manifest.id, row.manifest.detector, files.map(\.path).joined(separator: ", "), fixed(bytes / 1e6, 1),
        row.isThere ? "" : "not pulled",
      ])
    }
    return table.text
  }
}

private struct ListedDetector: Encodable {
  let manifest: DetectorManifest
  let isThere: Bool

  private enum CodingKeys: String, CodingKey { case isThere }

  func encode(to encoder: any Encoder) throws {
    try manifest.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(isThere, forKey: .isThere)
  }
}

private enum ListedItem: Encodable {
  case model(ListedModel)
  case detector(ListedDetector)

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .model(let model): try model.encode(to: encoder)
    case .detector(let detector): try detector.encode(to: encoder)
    }
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
