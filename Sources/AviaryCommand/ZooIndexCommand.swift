import ArgumentParser
import Aviary
import Foundation

struct ZooIndexCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "index", abstract: "Write index.json: all models of the zoo in one file.",
    discussion: """
      EXAMPLES
        aviary zoo index
        aviary zoo index --check      # exit status 1 where the file is not up to date
      """)

  @Flag(help: "Write nothing; fail where the file differs from what would be written.")
  var check = false

  @OptionGroup var flags: ZooFlags
  @OptionGroup var plugins: PluginFlags

  func run() throws {
    _ = try plugins.registry()
    let zoo = try flags.index()
    let summary = try ZooSummary(zoo)
    let text = try summary.text()
    let path = "\(zoo.path)/\(ZooSummary.fileName)"
    if check {
      guard FileManager.default.contents(atPath: path) == Data(text.utf8) else {
        throw CommandError("\(path): is not up to date; run aviary zoo index")
      }
    } else {
      try ZooEditor(zoo).write(text, to: ZooSummary.fileName, of: nil)
    }
    if flags.json {
      try Console.printJSON(summary)
    } else {
      Console.note("\(path): \(summary.models.count) models")
    }
  }
}
