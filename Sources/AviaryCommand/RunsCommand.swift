import ArgumentParser

struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs",
    abstract: "The store of evaluations: what was judged on what, with every sample's scores.",
    discussion: """
      Every evaluation is kept, batch by batch, so that a kill costs one batch at most. ID is a run's number
      as 'runs list' shows it.

      EXAMPLES
        aviary runs list
        aviary runs show 3
        aviary runs diff 3 5
        aviary runs export 3 > record.json
        aviary runs gc --dry-run
      """,
    subcommands: [
      RunsListCommand.self, RunsShowCommand.self, RunsDiffCommand.self, RunsExportCommand.self,
      MergeCommand.self, RunsGCCommand.self,
    ])
}

struct RunsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "All runs, the latest first.")

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var store: StoreFlags

  func run() throws {
    let runs = try store.existing().runs()
    if json { return try Console.printJSON(runs) }
    var table = TextTable([
      ("run", .right), ("state", .left), ("model", .left), ("data", .left), ("samples", .right),
      ("accuracy", .right), ("precision", .left), ("started", .left),
    ])
    for run in runs {
      let data = run.identity.data
      table.add([
        "\(run.id)", run.state.rawValue, run.source.id,
        "\(data.kind) \(data.split)" + (data.change.map { ", \($0)" } ?? "")
          + (run.shard.isWhole ? "" : ", shard \(run.shard)"),
        run.done == run.expected ? "\(run.done)" : "\(run.done) of \(run.expected)",
        run.accuracy.map { "\(fixed(100 * $0, 2)) %" } ?? "", run.identity.precision.rawValue, run.started,
      ])
    }
    print(table.text)
  }
}

struct RunsExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a run's record as JSON (Schemas/run.schema.json).")

  @Argument(help: "The run's number.")
  var id: Int64

  @Option(help: ArgumentHelp("Write to this file instead of stdout.", valueName: "file"))
  var record: String?

  @Flag(help: "Also a run that is not finished.")
  var partial = false

  @OptionGroup var store: StoreFlags

  func run() throws {
    let result = try store.existing().record(id, partial: partial)
    if let record { try result.write(to: record) } else { Console.write(try result.json()) }
  }
}

struct RunsGCCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gc", abstract: "Remove runs that later ones replace, and interrupted ones.")

  @Option(help: "Finished runs to keep of each evaluation, the latest ones.")
  var keep = 1

  @Option(help: "Remove interrupted runs to which nothing happened for so many days.")
  var days = 7.0

  @Option(
    name: .customLong("run"),
    help: ArgumentHelp("Remove only this run; may be repeated.", valueName: "id"))
  var runs: [Int64] = []

  @Flag(name: .customLong("dry-run"), help: "Only say what would go.")
  var dryRun = false

  @OptionGroup var store: StoreFlags

  func validate() throws {
    guard keep >= 1 else { throw ValidationError("--keep \(keep): must be at least 1") }
    guard days >= 0 else { throw ValidationError("--days \(days): must not be negative") }
  }

  func run() throws {
    let store = try store.existing()
    let found = try store.removable(.init(keep: keep, days: days, named: runs))
    for run in found {
      print("\(dryRun ? "would remove" : "removed") run \(run.id) (\(run.state.rawValue), \(run.source.id))")
    }
    for id in runs where !found.contains(where: { $0.id == id }) {
      throw CommandError("run \(id) is being written; end that process first")
    }
    if !dryRun { try store.remove(found.map(\.id)) }
    Console.note("\(found.count) run(s)")
  }
}
