import ArgumentParser
import Aviary
import AviaryStore
import Foundation

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Judge several models on the same images: which is better, how sure, where they differ.",
    discussion: """
      Models come from the zoo or from files with a manifest beside them; 'all' means every model of the zoo
      whose labels are the data's classes. The options of the input contract hold for all models. What the
      store has of the same model, data and preprocessing is taken from there (--fresh evaluates again).

      Intervals cover 95 %. Differences have paired bootstrap intervals and McNemar's exact test, corrected
      over all pairs (Holm). 'mean', 'majority' and 'oracle' are what the models give together: the mean of
      their probabilities, their vote, and a perfect choice among them.

      EXAMPLES
        aviary compare --models fer-cnn-bn,fer-cnn-plain --data folder:Zoo/samples/drawn-faces
        aviary compare --models all --data fer2013:DIR --html report.html
        aviary compare --models a.onnx,b.onnx --data fer2013:DIR --ensemble a,b --sort ms --filter 'ms<5'
        aviary compare --models a.onnx --data fer2013:DIR --precisions fp32,bf16
        aviary compare --models a.onnx --data fer2013:DIR --input-sizes 48,64,96
        aviary compare --models a.onnx,b.onnx --data fer2013:DIR --limit 500 --robustness
      """)

  @Option(
    name: [.customLong("models"), .customLong("model")],
    help: ArgumentHelp("Model files or zoo ids, separated by commas, or all.", valueName: "a,b,.."))
  var models: String

  @OptionGroup var evaluation: EvaluationFlags
  @OptionGroup(title: "Comparison") var comparing: ComparisonFlags
  @OptionGroup(title: "Comparison") var ranking: RankingFlags
  @OptionGroup(title: "Input contract") var contract: ContractFlags
  @OptionGroup(title: "Session options") var session: SessionFlags

  func validate() throws {
    guard !splitList(models).isEmpty else { throw ValidationError("--models names no model") }
  }

  func run() throws {
    session.announcePrecision()
    let plugins = try session.plugins.registry()
    let format = try evaluation.chosenFormat(plugins)
    let store = try evaluation.store.open()
    let dataset = try evaluation.dataset(plugins)
    let compared = try ComparedModels(
      .init(
        models: splitList(models), sizes: comparing.sizes, precisions: comparing.precisionList,
        contract: contract, session: session), for: dataset, plugins: plugins)
    let judge = ComparisonJudge(
      compared: compared, evaluation: evaluation, session: session, store: store, fresh: comparing.fresh)
    var kept = try judge.evaluate(dataset)
    if !comparing.noCost { try judge.measureCosts(&kept) }

    let comparison = try Comparison(
      kept.map(\.record), names: compared.rows.map(\.name), options: comparing.options(plugins))
    var report = ComparisonReport(comparison, ranking: ranking.apply(try Ranking(comparison)))
    report.namedSamples = comparing.samples
    if let section = report.precisionSection() { report.studies.append(section) }
    let changed = try comparing.changeList.map { change in
      (change, try judge.evaluate(dataset.changed(change)).map(\.record))
    }
    if !changed.isEmpty {
      let study = try RobustnessStudy(
        comparison, changed: changed, options: comparing.options(plugins).bootstrap)
      report.studies += [study.section(), study.details()]
    }
    if let output = evaluation.output {
      let files = try report.write(to: ReportFolder(output, plugins: plugins), format: format)
      Console.note("\(files.count) files written to \(output)")
    }
    if let charts = comparing.charts {
      let files = try report.writeCharts(to: ReportFolder(charts, plugins: plugins))
      Console.note("\(files.count) files written to \(charts)")
    }
    if let html = comparing.html { try writeHTML(report, dataset, plugins, to: html) }
    Console.write(try format.write(report.document()))
    comparison.entries.map(\.summary).forEach(warnAboutLabelOrder)
  }
}

extension CompareCommand {
  private func writeHTML(
    _ report: ComparisonReport, _ dataset: Dataset, _ plugins: PluginRegistry, to path: String
  ) throws {
    let thumbnails = try Thumbnails(
      report.comparison, dataset, budget: Int(comparing.thumbnails * Double(1 << 20)))
    let html = HTMLReport(
      report, thumbnails: thumbnails, split: try SplitSummary(dataset), audit: comparing.audit ? audit(plugins) : nil)
    let data = try html.html()
    do { try data.write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
      throw CommandError("\(path): cannot be written: \(error.localizedDescription)")
    }
    Console.note("\(path): \(data.count >> 10) KiB, \(thumbnails.files.count) pictures")
  }

  /// `nil` where the other splits cannot be read: a comparison needs none of them.
  private func audit(_ plugins: PluginRegistry) -> DataAudit? {
    do {
      let (provider, path) = try plugins.reference(evaluation.data)
      var options = DataAudit.Options()
      options.reading.skipBad = true
      let bar = ProgressBar("auditing the data")
      return try DataAudit(provider, path: path, options: options) { bar.update($0, of: $1) }
    } catch {
      Console.warning("the report has no audit of the data: \(ExitStatus.describe(error))")
      return nil
    }
  }
}

/// The parts of a list with commas.
func splitList(_ text: String) -> [String] {
  text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
}
