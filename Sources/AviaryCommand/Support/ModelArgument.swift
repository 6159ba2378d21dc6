import ArgumentParser

/// The one model of a command: an argument, or `--model`.
struct ModelArgument: ParsableArguments {
  @Argument(help: ArgumentHelp("A model file or the id of a zoo model.", valueName: "model"))
  private var given: String?

  @Option(name: .customLong("model"), help: ArgumentHelp("The same, by name.", valueName: "model"))
  private var named: String?

  func validate() throws {
    guard (given == nil) != (named == nil) else {
      throw ValidationError("give one model, as an argument or with --model")
    }
  }

  /// A path or an id.
  var reference: String { given ?? named ?? "" }
}
