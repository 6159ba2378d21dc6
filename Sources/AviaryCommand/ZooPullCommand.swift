import ArgumentParser
import Aviary
import AviaryFetch

struct ZooPullCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull", abstract: "Get the files of models that the zoo describes but does not hold.",
    discussion: """
      A file is taken only if it has the size and the hash that the manifest says; otherwise nothing of it is
      kept. An interrupted download goes on where it stopped when the command is given again (parts wait in
      $XDG_CACHE_HOME/aviary/downloads, by default ~/.cache).

      EXAMPLES
        aviary zoo pull
        aviary zoo pull mtcnn-pnet
      """)

  @Argument(help: "Ids of models; by default all whose file is missing.")
  var ids: [String] = []

  @OptionGroup var flags: ZooFlags
  @OptionGroup var plugins: PluginFlags

  func run() throws {
    _ = try plugins.registry()
    let zoo = try flags.index()
    let pull = ZooPull(zoo, downloader: Downloader(transports: HTTPTransport.transports))
    let entries = ids.isEmpty ? pull.missing : try ids.map { id throws(ZooError) in try zoo.entry(id) }
    var outcomes: [String: ZooPull.Outcome] = [:]
    for entry in entries {
      let bar = ProgressBar(entry.id)
      let outcome = try pull.pull(entry) { done, total in bar.update(done, of: total ?? 0) }
      outcomes[entry.id] = outcome
      if !flags.json { Console.printNow("\(entry.id)  \(outcome.rawValue)") }
    }
    if flags.json { try Console.printJSON(outcomes) }
    if entries.isEmpty, !flags.json { Console.note("every model's file is there") }
  }
}
