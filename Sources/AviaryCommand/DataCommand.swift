import ArgumentParser

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Labelled image sets: what is in them, and what is wrong with them.",
    discussion: """
      EXAMPLES
        aviary data list
        aviary data info fer2013:DIR
        aviary data audit fer2013:DIR --models all
      """,
    subcommands: [DataInfoCommand.self, DataAuditCommand.self, DataListCommand.self])
}
