import ArgumentParser
import Aviary
import Foundation

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Judge several models on the same images: one table, one confusion matrix each.",
    discussion: """
      Models come from the zoo or from files with a manifest beside them; the options of the input contract
      hold for all models.

      EXAMPLES
        aviary compare --models fer-cnn-bn,fer-cnn-plain --data folder:Zoo/samples/drawn-faces
        aviary compare --models a.onnx,b.onnx --data fer2013:DIR --split private --output comparison
      """)

  @Option(help: ArgumentHelp("Model files or zoo ids, separated by commas.", valueName: "a,b,.."))
  var models: String

  @OptionGroup var evaluation: EvaluationFlags
  @OptionGroup(title: "Input contract") var contract: ContractFlags
  @OptionGroup(title: "Session options") var session: SessionFlags

  private var names: [String] {
    models.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  func validate() throws {
    guard !names.isEmpty else { throw ValidationError("--models names no model") }
  }

  func run() throws {
    session.announcePrecision()
    let plugins = try session.plugins.registry()
    let format = try evaluation.chosenFormat(plugins)
    var options = try session.options
    options.threads = 1
    let classifiers = try names.map {
      try loadClassifier($0, contract: contract, options: options, plugins: plugins)
    }
    let records = try evaluation.evaluate(classifiers, threads: session.threads, plugins: plugins)
    let comparison = try Comparison(records, metrics: plugins.metrics)
    if let output = evaluation.output {
      let files = try comparison.write(to: ReportFolder(output, plugins: plugins), format: format)
      Console.note("\(files.count) files written to \(output)")
    }
    Console.write(try format.write(comparison.document()))
    comparison.summaries.forEach(warnAboutLabelOrder)
  }
}
