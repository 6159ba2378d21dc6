import ArgumentParser
import Aviary
import Foundation

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Judge a model on labelled images: classification report, confusion matrix, metrics.",
    discussion: """
      The numbers are scikit-learn's. With --output a folder gets report.txt, metrics.json, the confusion
      matrix as CSV, JSON, SVG and PNG, and charts of ROC, precision and recall, reliability, and risk and
      coverage; with --record a file gets every sample's scores.

      EXAMPLES
        aviary evaluate fer-cnn-bn --data fer2013:DIR --split test
        aviary evaluate fer-cnn-bn --data folder:Zoo/samples/drawn-faces --output report
        aviary evaluate fer-cnn-bn --data folder:Zoo/samples/drawn-faces --format markdown
        aviary evaluate model.onnx --data fer2013:DIR --labels csv --scale 1/255 --mean 0.5 --std 0.5 \\
          --resize bilinear --json
      """)

  @Argument(help: "A model file or the id of a zoo model.")
  var model: String

  @OptionGroup var evaluation: EvaluationFlags

  @Option(help: ArgumentHelp("Write every sample's scores to this file (JSON).", valueName: "file"))
  var record: String?

  @OptionGroup(title: "Input contract") var contract: ContractFlags
  @OptionGroup(title: "Session options") var session: SessionFlags

  func run() throws {
    session.announcePrecision()
    // Every worker runs whole batches of its own: threads inside a run would only wait for each other.
    let plugins = try session.plugins.registry()
    let format = try evaluation.chosenFormat(plugins)
    var options = try session.options
    options.threads = 1
    let classifier = try loadClassifier(model, contract: contract, options: options, plugins: plugins)
    let records = try evaluation.evaluate([classifier], threads: session.threads, plugins: plugins)
    guard let result = records.first else { return }
    // First what cannot be had again without running the model.
    if let record { try result.write(to: record) }
    let summary = try result.summary(metrics: plugins.metrics)
    if let output = evaluation.output {
      let files = try ReportFolder(output, plugins: plugins).write(summary, format: format)
      Console.note("\(files.count) files written to \(output)")
    }
    Console.write(try format.write(summary.document()))
    let seconds = result.run.seconds
    let rate = seconds > 0 ? Double(summary.samples) / seconds : 0
    Console.note("\(summary.samples) samples in \(fixed(seconds, 2)) s (\(fixed(rate, 0)) images/s)")
    warnAboutLabelOrder(summary)
  }
}
