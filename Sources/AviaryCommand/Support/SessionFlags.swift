import ArgumentParser
import Aviary

/// How models are prepared and run.
struct SessionFlags: ParsableArguments {
  @Option(help: "Threads to use; 0 means one per core.")
  var threads = 0

  @Option(
    help: ArgumentHelp(
      "Arithmetic of Conv, MatMul and Gemm: fp32, or bf16 (rounded to bfloat16, summed in fp32).",
      valueName: "fp32|bf16"))
  var precision = Precision.fp32

  @Option(
    name: .customLong("disable-pass"),
    help: ArgumentHelp("Leave out an optimizer pass; may be repeated.", valueName: "name"))
  var disabledPasses: [String] = []

  @Flag(name: .customLong("no-optimize"), help: "Run the graph as it stands in the file.")
  var noOptimize = false

  @OptionGroup var plugins: PluginFlags

  /// - Throws: `ValidationError` for a number of threads or a pass that does not exist.
  func validate() throws {
    guard (0...1024).contains(threads) else {
      throw ValidationError("--threads \(threads): must be 0 to 1024")
    }
    let known = Optimizer.descriptions.map(\.name)
    for pass in disabledPasses where !known.contains(pass) {
      throw ValidationError(
        "--disable-pass \(pass): there is no such pass; there are \(known.joined(separator: ", "))")
    }
  }

  /// - Throws: `PluginError` for a plugin that cannot be used.
  var options: SessionOptions {
    get throws {
      var options = SessionOptions()
      options.registry = try plugins.registry().operators
      options.threads = threads
      options.optimize = !noOptimize
      options.precision = precision
      options.disabledPasses = Set(disabledPasses)
      return options
    }
  }

  /// Says on stderr where results are not those of single precision.
  func announcePrecision() {
    if precision != .fp32 { Console.note("arithmetic: \(precision.rawValue)") }
  }
}

extension Precision: ExpressibleByArgument {}
