import ArgumentParser
import Aviary
import AviaryFetch

struct ZooPullCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull", abstract: "Get the files of models that the zoo describes but does not hold.",
    discussion: """
      A file is taken only if it has the size and the hash that the manifest says; otherwise nothing of it is
      kept. An interrupted download goes on where it stopped when the command is given again (parts wait in
      $XDG_CACHE_HOME/aviary/downloads, by default ~/.cache). --from takes files that are on this machine
      already, whatever they are called. What no address serves is made by a recipe, which is then named.

      EXAMPLES
        aviary zoo pull
        aviary zoo pull face-yunet
        aviary zoo pull face-yunet face-ultraface --from ~/Downloads
      """)

  @Argument(help: "Ids of models and face detectors, or their folders; by default all whose files are missing.")
  var ids: [String] = []

  @Option(help: ArgumentHelp("A folder to look in for files of the right hash, before any address.", valueName: "dir"))
  var from: String?

  @OptionGroup var flags: ZooFlags
  @OptionGroup var plugins: PluginFlags

  func run() throws {
    _ = try plugins.registry()
    let (zoo, ids) = try flags.models(ids, isFilled: true)
    let pull = try ZooPull(zoo, downloader: Downloader(transports: HTTPTransport.transports), from: from)
    let entries = ids.isEmpty ? pull.missing : try ids.map { id throws(ZooError) in try pull.item(id) }
    var outcomes: [String: String] = [:]
    var failed = false
    // One that cannot be had does not keep the others away.
    for entry in entries {
      let bar = ProgressBar(entry.id)
      do throws(ZooError) {
        let outcome = try pull.pull(entry) { done, total in bar.update(done, of: total ?? 0) }
        outcomes[entry.id] = outcome.rawValue
        if outcome == .recipe {
          // Asked for by name it must be there afterwards.
          failed = failed || !ids.isEmpty
          Console.note(
            "\(entry.id): no address serves its files; make them in \(zoo.path): \(entry.command ?? "")")
          continue
        }
        if !flags.json { Console.printNow("\(entry.id)  \(outcome.rawValue)") }
      } catch {
        failed = true
        outcomes[entry.id] = "failed"
        Console.note("error: \(error)")
      }
    }
    if flags.json { try Console.printJSON(outcomes) }
    if failed { throw ExitCode(ExitStatus.failed.rawValue) }
    if entries.isEmpty, !flags.json { Console.note("every model's file is there") }
  }
}
