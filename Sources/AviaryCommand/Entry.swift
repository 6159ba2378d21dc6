import ArgumentParser

@main
enum Entry {
  static func main() {
    do {
      let arguments = withoutEmptyLists(Array(CommandLine.arguments.dropFirst()))
      var command = try RootCommand.parseAsRoot(arguments)
      try command.run()
      ExitStatus.end()
    } catch {
      ExitStatus.end(with: error)
    }
  }

  /// The arguments without an `--inputs` that no value follows: a model without inputs is run with an empty
  /// list, which the parser would refuse.
  private static func withoutEmptyLists(_ arguments: [String]) -> [String] {
    arguments.enumerated().filter { index, argument in
      guard argument == "--inputs" else { return true }
      let next = index + 1
      return next < arguments.count && !arguments[next].hasPrefix("--")
    }.map(\.element)
  }
}
