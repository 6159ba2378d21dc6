import ArgumentParser
import Aviary

struct OpsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ops",
    abstract: "List the operators that can be run, with their opset versions.",
    discussion: """
      EXAMPLES
        aviary ops
        aviary ops --json
        aviary ops Conv Resize
      """)

  @Argument(help: "Only operators of these names.")
  var names: [String] = []

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var plugins: PluginFlags

  private struct Entry: Encodable {
    let name: String
    let domain: String
    let firstOpset: Int
    let lastOpset: Int

    enum CodingKeys: String, CodingKey {
      case name, domain
      case firstOpset = "first_opset"
      case lastOpset = "last_opset"
    }
  }

  func run() throws {
    let registry = try plugins.registry().operators
    let entries = registry.factories.values.joined().map {
      Entry(
        name: $0.id.name, domain: $0.id.domain.isEmpty ? "ai.onnx" : $0.id.domain,
        firstOpset: $0.opsets.lowerBound, lastOpset: $0.opsets.upperBound)
    }.filter { names.isEmpty || names.contains($0.name) }
      .sorted { ($0.domain, $0.name, $0.firstOpset) < ($1.domain, $1.name, $1.firstOpset) }
    if let missing = names.first(where: { name in !entries.contains { $0.name == name } }) {
      throw UsageError("there is no operator '\(missing)'; aviary ops lists all")
    }
    if json { return try Console.printJSON(entries) }
    var table = TextTable([("operator", .left), ("domain", .left), ("opsets", .left)])
    for entry in entries {
      table.add([entry.name, entry.domain, "\(entry.firstOpset) to \(entry.lastOpset)"])
    }
    print(table.text)
    Console.note("\(Set(entries.map { "\($0.domain).\($0.name)" }).count) operators")
  }
}
