import ArgumentParser
import Aviary
import Foundation

struct PluginNewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Write a plugin that builds as it stands, to begin with.",
    discussion: """
      EXAMPLES
        aviary plugin new my-plugin --language c
        aviary plugin new my-plugin --language swift --output ~/plugins
      """)

  @Argument(help: "Lower-case letters, digits, '-' and '_'; the folder gets the same name.")
  var name: String

  @Option(help: ArgumentHelp("What to write it in.", valueName: "c|swift"))
  var language: PluginTemplate.Language

  @Option(help: ArgumentHelp("The folder to write into; by default this one.", valueName: "dir"))
  var output = "."

  @Flag(help: "Print JSON.")
  var json = false

  private struct Result: Encodable {
    let folder: String
    let files: [String]
    let build: String
    let library: String
  }

  func run() throws {
    let template: PluginTemplate
    do { template = try PluginTemplate(name: name, language: language) } catch {
      throw UsageError(
        "'\(name)' is no name for a plugin; use lower-case letters, digits, '-' and '_', a letter first")
    }
    // The host takes no two plugins of one name.
    if let known = try BuiltinPlugins.registry().plugins.first(where: { $0.id == name }) {
      throw UsageError("'\(name)' is the name of a plugin that ships (\(known.summary)); choose another")
    }
    let folder = URL(fileURLWithPath: output).appendingPathComponent(name)
    guard !FileManager.default.fileExists(atPath: folder.path) else {
      throw CommandError("\(folder.path): is there already; choose another name or --output")
    }
    do {
      for (path, content) in template.files {
        let file = folder.appendingPathComponent(path)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(content.utf8).write(to: file)
      }
    } catch { throw CommandError("\(folder.path): cannot be written: \(error.localizedDescription)") }
    if json {
      return try Console.printJSON(
        Result(
          folder: folder.path, files: template.files.map(\.path), build: template.buildCommand,
          library: template.library))
    }
    print(
      """
      \(folder.path)
        \(template.files.map(\.path).joined(separator: "\n  "))

      cd \(folder.path.shellQuoted) && \(template.buildCommand) && aviary plugin check \(template.library)
      """)
  }
}

extension PluginTemplate.Language: ExpressibleByArgument {}

extension String {
  /// As a shell takes it for one word; as it stands where nothing in it means anything to a shell.
  fileprivate var shellQuoted: String {
    let plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,:@%=".utf8
    guard isEmpty || !utf8.allSatisfy(plain.contains) else { return self }
    return "'" + replacingOccurrences(of: "'", with: "'\\''") + "'"
  }
}
