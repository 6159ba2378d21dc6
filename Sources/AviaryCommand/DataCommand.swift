import ArgumentParser

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Labelled image sets: what is in them, and what is wrong with them.",
    discussion: """
      EXAMPLES
        aviary data list
        aviary data info fer2013:DIR
      """,
    subcommands: [DataInfoCommand.self, DataListCommand.self])
}
