import ArgumentParser
import Aviary

struct ZooCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "zoo",
    abstract: "The models: list, show, add, verify, get, describe, remove them.",
    discussion: """
      The zoo is the folder named by --zoo or AVIARY_ZOO, or the nearest folder Zoo above the working folder
      or the executable. Models are named by their ids or by the paths of their folders; such a path names the zoo
      where --zoo does not.

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

  /// - Parameter isFilled: whether files are put into the zoo, which may be one that is only begun.
  func index(isFilled: Bool = false) throws -> ZooIndex {
    do throws(ZooError) { return try ZooIndex.find(explicit: zoo) } catch {
      guard isFilled, case .noFolder(let path, _) = error else { throw error }
      let quoted = path.replacing("'", with: #"'\''"#)
      throw CommandError("\(error); to begin a zoo there make it first: mkdir -p '\(quoted)'")
    }
  }

  /// The zoo and the ids of the models that are named by their ids or their folders' paths. Without --zoo the
  /// path of a model's folder says which zoo is meant.
  ///
  /// - Throws: `ZooError.notFound`, `.noZoo`, `.noFolder`.
  func models(_ names: [String], isFilled: Bool = false) throws -> (zoo: ZooIndex, ids: [String]) {
    let named = zoo == nil ? names.lazy.filter(Self.isPath).compactMap(ZooIndex.holding(folder:)).first : nil
    let zoo = try named ?? index(isFilled: isFilled)
    return (zoo, try names.map { name throws(ZooError) in try zoo.id(of: name) })
  }

  /// The same of one model.
  func model(_ name: String) throws -> (zoo: ZooIndex, id: String) {
    let (zoo, ids) = try models([name])
    return (zoo, ids.first ?? name)
  }

  private static func isPath(_ name: String) -> Bool { name.contains("/") || name == "." }
}
