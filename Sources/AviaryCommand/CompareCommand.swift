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
    var options = session.options
    options.threads = 1
    let classifiers = try names.map { try loadClassifier($0, contract: contract, options: options) }
    let records = try evaluation.evaluate(classifiers, threads: session.threads)
    let comparison = try Comparison(records)
    if let output = evaluation.output {
      Console.note("\(try comparison.write(to: output).count) files written to \(output)")
    }
    if evaluation.json { try Console.printJSON(comparison) } else { print(try comparison.text()) }
    comparison.summaries.forEach(warnAboutLabelOrder)
  }
}
