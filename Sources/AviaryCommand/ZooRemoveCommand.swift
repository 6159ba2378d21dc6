import ArgumentParser
import Aviary

struct ZooRemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rm", abstract: "Remove models from the zoo, files and all.",
    discussion: """
      EXAMPLES
        aviary zoo rm my-model
      """)

  @Argument(help: "Ids of models, or their folders.")
  var ids: [String]

  @OptionGroup var flags: ZooFlags
  @OptionGroup var plugins: PluginFlags

  func run() throws {
    _ = try plugins.registry()
    // All are looked up before the first is touched.
    let (zoo, ids) = try flags.models(ids)
    var removed: [String] = []
    // Named twice is removed once.
    for id in ids where !removed.contains(id) {
      try ZooEditor(zoo).remove(id)
      removed.append(id)
    }
    if flags.json { try Console.printJSON(["removed": removed]) }
  }
}
