import ArgumentParser
import Aviary

struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract:
      "Find the first node at which a model's values part from another model's or from recorded ones.",
    discussion: """
      --compare takes
        a model       nodes are matched by what they do, both models run side by side on the same input, and only
                      values that are still to be read are in memory
        golden        the outputs of the model's golden.json, and its fingerprints of inner values where it has them
        a folder      of values that ONNX Runtime dumped (Zoo/tools/dump_values.py MODEL FOLDER), or of ONNX test
                      data (input_0.pb, output_0.pb)

      Nodes run as they stand in the file. Where all agree, the model is also run as usual, after the optimizer's
      passes; if that gives something else, the passes to blame are named.

      The input is that of --inputs or --picture, else what was recorded, else seeded random numbers. The status is
      0 where the values agree, 4 where they part.

      EXAMPLES
        aviary trace fer-cnn-bn --compare export.onnx
        aviary trace fer-cnn-bn --compare export.onnx --picture face.png
        aviary trace fer-cnn-bn --compare golden
        python Zoo/tools/dump_values.py model.onnx values && aviary trace model.onnx --compare values
      """)

  @OptionGroup var source: ModelArgument
  var model: String { source.reference }

  @Option(help: ArgumentHelp("What to compare with.", valueName: "model|golden|folder"))
  var compare: String

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Files of the inputs (TensorProto), in the order of the graph.", valueName: "file"))
  var inputs: [String] = []

  @Option(help: ArgumentHelp("A picture, prepared for each model as its manifest says.", valueName: "file"))
  var picture: String?

  @Option(help: ArgumentHelp("Extents of a random input; may be repeated.", valueName: "name=d,d,.."))
  var shape: [ShapeOption] = []

  @Option(help: "The largest difference, relative to a value's largest magnitude, that counts as equal.")
  var tolerance = 1e-4

  @Flag(help: "Go on after the first difference and show every node.")
  var all = false

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup(title: "Input contract") var contract: ContractFlags
  @OptionGroup(title: "Session options") var session: SessionFlags

  func validate() throws {
    guard tolerance >= 0, tolerance.isFinite else {
      throw ValidationError("--tolerance \(tolerance): must be a number that is not negative")
    }
    guard inputs.isEmpty || picture == nil else {
      throw ValidationError("--inputs and --picture are both given; one is enough")
    }
  }

  func run() throws {
    session.announcePrecision()
    let report = try TraceRunner(command: self, plugins: try session.plugins.registry()).run()
    if json { try Console.printJSON(report) } else { print(report.text) }
    if !report.agrees { throw ExitCode(ExitStatus.regression.rawValue) }
  }
}
