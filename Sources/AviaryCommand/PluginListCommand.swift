import ArgumentParser
import Aviary

struct PluginListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the plugins and what each adds.",
    discussion: """
      EXAMPLES
        aviary plugin list
        aviary plugin list --plugin libmine.so --json
      """)

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var plugins: PluginFlags

  private struct Entry: Encodable {
    let id: String
    let version: String
    let summary: String
    let adds: [Contribution]
  }

  func run() throws {
    let registry = try plugins.registry()
    let contributions = registry.contributions
    let entries = registry.plugins.map { plugin in
      Entry(
        id: plugin.id, version: plugin.version, summary: plugin.summary,
        adds: contributions.filter { $0.plugin == plugin.id })
    }
    if json { return try Console.printJSON(entries) }
    var table = TextTable([("plugin", .left), ("version", .left), ("adds", .left)])
    for entry in entries {
      for (index, kind) in kinds(entry.adds).enumerated() {
        table.add(index == 0 ? [entry.id, entry.version, kind] : ["", "", kind])
      }
    }
    print(table.text)
  }

  /// A line for each kind of thing.
  private func kinds(_ adds: [Contribution]) -> [String] {
    let lines = Contribution.Kind.allCases.compactMap { kind -> String? in
      let names = adds.filter { $0.kind == kind }.map(\.name)
      guard !names.isEmpty else { return nil }
      let rest = names.count > 6 ? " and \(names.count - 6) more" : ""
      return "\(kind.rawValue): \(names.prefix(6).joined(separator: ", "))\(rest)"
    }
    return lines.isEmpty ? ["nothing"] : lines
  }
}
