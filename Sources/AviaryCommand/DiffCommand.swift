import ArgumentParser
import Aviary

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "What differs between two models: structure, attributes, weights.",
    discussion: """
      Nodes are matched by what they do, not by their names: an export whose nodes are called otherwise is no
      other model. Weights are compared as the nodes get them, behind Cast, DequantizeLinear and Constant nodes,
      so that float16 storage shows as what it costs. Versions and producers are shown and do not count.

      The status is 0 where both compute the same, 4 where they do not.

      EXAMPLES
        aviary diff old.onnx new.onnx
        aviary diff fer-cnn-bn export.onnx --json
        aviary trace old.onnx --compare new.onnx        where the values part
      """)

  @Argument(help: "A model file or the id of a zoo model.")
  var first: String

  @Argument(help: "The model to compare with.")
  var second: String

  @Option(help: ArgumentHelp("Show at most so many lines of each kind.", valueName: "n"))
  var list = 20

  @Flag(help: "Print JSON, with every line.")
  var json = false

  @OptionGroup var plugins: PluginFlags

  func validate() throws {
    guard list >= 0 else { throw ValidationError("--list \(list): must not be negative") }
  }

  func run() throws {
    var options = SessionOptions()
    options.registry = try plugins.registry().operators
    let models = try [first, second].map { try ONNXModel.read(path: try ModelReference($0).modelPath) }
    let difference = try ModelDifference(models[0], models[1], options: options)
    if json { try Console.printJSON(difference) } else { print(difference.text(list: list)) }
    if !difference.isSame { throw ExitCode(ExitStatus.regression.rawValue) }
  }
}
