import ArgumentParser
import Aviary

struct ZooCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "zoo",
    abstract: "The models: list, show, add, verify, get, describe, remove them.",
    discussion: """
      The zoo is the folder named by --zoo or AVIARY_ZOO, or the nearest folder Zoo above the working folder
      or the executable.

      EXAMPLES
        aviary zoo list
        aviary zoo show fer-cnn-bn
        aviary zoo add model.onnx --data fer2013:DIR
        aviary zoo verify
      """,
    subcommands: [
      ZooListCommand.self, ZooShowCommand.self, ZooAddCommand.self, ZooVerifyCommand.self,
      ZooPullCommand.self,
      ZooCardCommand.self, ZooRemoveCommand.self, ZooIndexCommand.self, ZooHistoryCommand.self,
    ])
}

/// Options of every zoo command.
struct ZooFlags: ParsableArguments {
  @Option(help: ArgumentHelp("The zoo's folder.", valueName: "dir"))
  var zoo: String?

  @Flag(help: "Print JSON.")
  var json = false

  func index() throws -> ZooIndex { try ZooIndex.find(explicit: zoo) }
}
