import ArgumentParser
import Aviary
import Foundation

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a model on tensors in files and write its outputs to files.",
    discussion: """
      Input files hold a TensorProto (or SequenceProto, OptionalProto), one for each input of the graph in
      its order. Outputs are written as output_0.pb, output_1.pb, ...

      With --manifest many runs are done in one process. A line of FILE is either
        {"id": ..., "model": ..., "inputs": [...], "output_dir": ...}
      or tab-separated: id, model, output folder, inputs. After each a line is printed:
        RESULT<tab>id<tab>ok|unsupported|error<tab>message

      EXAMPLES
        aviary run model.onnx --inputs input_0.pb --output-dir out
        aviary run --model model.onnx --inputs a.pb b.pb --output-dir out
        aviary run --manifest tests.jsonl
      """)

  @Argument(help: ArgumentHelp("The model file.", valueName: "model"))
  var modelArgument: String?

  @Option(name: .customLong("model"), help: ArgumentHelp("The model file.", valueName: "model"))
  var modelOption: String?

  @Option(parsing: .upToNextOption, help: ArgumentHelp("Files of the inputs, in order.", valueName: "file"))
  var inputs: [String] = []

  @Option(help: ArgumentHelp("Folder for the outputs; created where missing.", valueName: "dir"))
  var outputDir: String?

  @Option(help: ArgumentHelp("File with many runs, one a line (JSON or tab-separated).", valueName: "file"))
  var manifest: String?

  @OptionGroup(title: "Session options") var session: SessionFlags

  func validate() throws {
    if manifest != nil {
      guard modelArgument == nil, modelOption == nil, outputDir == nil, inputs.isEmpty else {
        throw ValidationError("--manifest stands for model, --inputs and --output-dir; give one or the other")
      }
      return
    }
    guard (modelArgument == nil) != (modelOption == nil) else {
      throw ValidationError("give one model, as an argument or with --model, or --manifest FILE")
    }
    guard outputDir != nil else { throw ValidationError("--output-dir is missing") }
  }

  func run() throws {
    session.announcePrecision()
    if let manifest { return try runAll(manifest) }
    guard let model = modelArgument ?? modelOption, let outputDir else { return }
    try FileRun(id: "", model: model, inputs: inputs, outputDir: outputDir).run(session.options)
  }

  private func runAll(_ path: String) throws {
    let text: String
    do { text = try String(contentsOfFile: path, encoding: .utf8) } catch {
      throw CommandError("\(path): cannot be read: \(error.localizedDescription)")
    }
    let options = try session.options
    for (number, line) in text.split(separator: "\n").enumerated() where !line.allSatisfy(\.isWhitespace) {
      let item: FileRun
      do { item = try FileRun(line: String(line)) } catch {
        throw CommandError("\(path):\(number + 1): \(error)")
      }
      let (status, message) = item.outcome(options)
      let flat = message.map { $0.isNewline || $0 == "\t" ? " " : $0 }
      Console.printNow("RESULT\t\(item.id)\t\(status)\t\(String(flat))")
    }
  }
}

/// A command's own failure: exit status 1.
struct CommandError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
