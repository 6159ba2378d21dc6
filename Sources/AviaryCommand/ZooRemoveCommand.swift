import ArgumentParser
import Aviary

struct ZooRemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rm", abstract: "Remove models from the zoo, files and all.",
    discussion: """
      EXAMPLES
        aviary zoo rm my-model
      """)

  @Argument(help: "Ids of models.")
  var ids: [String]

  @OptionGroup var flags: ZooFlags
  @OptionGroup var plugins: PluginFlags

  func run() throws {
    _ = try plugins.registry()
    let zoo = try flags.index()
    // All are looked up before the first is touched.
    for id in ids { _ = try zoo.entry(id) }
    for id in ids { try ZooEditor(zoo).remove(id) }
    if flags.json { try Console.printJSON(["removed": ids]) }
  }
}
