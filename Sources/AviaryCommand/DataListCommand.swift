import ArgumentParser
import Aviary

struct DataListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the kinds of data sets that can be read.",
    discussion: """
      EXAMPLES
        aviary data list
      """)

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var plugins: PluginFlags

  private struct Entry: Encodable {
    let kind: String
    let summary: String
  }

  func run() throws {
    let registry = try plugins.registry()
    let entries = try registry.datasetKinds.map {
      Entry(kind: $0, summary: try registry.dataset($0).summary)
    }
    if json { return try Console.printJSON(entries) }
    var table = TextTable([("kind", .left), ("reads", .left)])
    for entry in entries { table.add([entry.kind, entry.summary]) }
    print(table.text)
  }
}
