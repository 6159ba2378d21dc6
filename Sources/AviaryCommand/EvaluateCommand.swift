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
      coverage; with --record a file gets every sample's scores. Every run is kept in a store ('aviary runs
      list'); one that was killed goes on where it was.

      EXAMPLES
        aviary evaluate fer-cnn-bn --data fer2013:DIR --split test
        aviary evaluate fer-cnn-bn --data folder:Zoo/samples/drawn-faces --output report
        aviary evaluate fer-cnn-bn --data folder:Zoo/samples/drawn-faces --format markdown
        aviary evaluate model.onnx --data fer2013:DIR --labels csv --scale 1/255 --mean 0.5 --std 0.5 \\
          --resize bilinear --json
        aviary evaluate fer-cnn-bn --data fer2013:DIR --shard 2/7 --record 2.json
      """)

  @OptionGroup var source: ModelArgument

  @OptionGroup var evaluation: EvaluationFlags

  @Option(help: ArgumentHelp("Write every sample's scores to this file (JSON).", valueName: "file"))
  var record: String?

  @Option(
    help: ArgumentHelp(
      "Evaluate only this part; 'aviary merge' joins the parts to what one run gives.", valueName: "i/n"))
  var shard = EvaluationShard.all

  @OptionGroup(title: "Input contract") var contract: ContractFlags
  @OptionGroup(title: "Session options") var session: SessionFlags

  func run() throws {
    session.announcePrecision()
    // Every worker runs whole batches of its own: threads inside a run would only wait for each other.
    let plugins = try session.plugins.registry()
    let format = try evaluation.chosenFormat(plugins)
    var options = try session.options
    options.threads = 1
    let classifier = try loadClassifier(source.reference, contract: contract, options: options, plugins: plugins)
    let evaluator = try Evaluator(
      [classifier], on: evaluation.dataset(plugins),
      options: evaluation.options(threads: session.threads, shard: shard))
    let kept = try evaluation.evaluate(evaluator, store: evaluation.store.open()).first
    guard let result = kept?.record else { return }
    // First what cannot be had again without running the model.
    if let record { try result.write(to: record) }
    if !shard.isWhole {
      Console.note(
        "shard \(shard): \(result.samples.count) samples" + (kept?.run.map { ", kept as run \($0)" } ?? ""))
      if result.samples.isEmpty { return }
    }
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
