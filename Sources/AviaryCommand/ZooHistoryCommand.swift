import ArgumentParser
import Aviary
import Foundation

struct ZooHistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Read training histories: curves, a heatmap over epochs, best and worst runs.",
    discussion: """
      Reads what Keras and PyTorch loops write: JSON (lists by name, or one object an epoch) or CSV. With --output
      loss and accuracy by epoch and a heatmap of all runs are drawn as SVG and PNG.

      EXAMPLES
        aviary zoo history history.json
        aviary zoo history runs/*.csv --output curves
      """)

  @Argument(help: "Histories, one run each.")
  var files: [String]

  @Option(name: .shortAndLong, help: ArgumentHelp("Folder for the pictures.", valueName: "dir"))
  var output: String?

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var plugins: PluginFlags

  func run() throws {
    let plugins = try plugins.registry()
    let runs = try files.map { path throws(HistoryError) in try TrainingHistory(contentsOf: path) }
    guard let key = HistoryRanking.key(of: runs) else { throw CommandError("the histories hold no values") }
    let ranking = HistoryRanking(runs, by: key)
    var written: [String] = []
    if let output {
      let folder = try ReportFolder(output, plugins: plugins)
      var charts: [(String, any Chart)] = []
      for quantity in TrainingHistory.Quantity.allCases {
        if let chart = try? HistoryChart(runs, quantity) { charts.append((quantity.rawValue, chart)) }
      }
      charts.append(("runs", try HistoryHeatmap(runs)))
      for (name, chart) in charts {
        written.append(try folder.write("\(name).svg", Data(chart.svg().utf8)))
        written.append(try folder.write("\(name).png", chart.png()))
      }
    }
    if json {
      try Console.printJSON(
        HistoryReport(
          comparedBy: "\(key.part.rawValue) \(key.quantity.rawValue)", runs: ranking.runs.map(Entry.init)))
    } else {
      print(text(ranking))
    }
    for file in written { Console.note(file) }
  }

  private func text(_ ranking: HistoryRanking) -> String {
    var table = TextTable([
      ("run", .left), ("epochs", .right), ("accuracy", .right), ("validation", .right), ("at epoch", .right),
      ("last", .right), ("loss", .right), ("validation", .right), ("at epoch", .right), ("last", .right),
    ])
    func number(_ value: Double?) -> String { value.map { fixed($0, 4) } ?? "-" }
    for run in ranking.runs {
      let accuracy = TrainingHistory.Key(.accuracy, .validation)
      let loss = TrainingHistory.Key(.loss, .validation)
      table.add([
        run.name, "\(run.epochs)", number(run.best(.init(.accuracy, .training))?.value),
        number(run.best(accuracy)?.value), run.best(accuracy).map { "\($0.epoch)" } ?? "-",
        number(run.last(accuracy)),
        number(run.best(.init(.loss, .training))?.value), number(run.best(loss)?.value),
        run.best(loss).map { "\($0.epoch)" } ?? "-", number(run.last(loss)),
      ])
    }
    var facts: [(String, String)] = []
    if ranking.runs.count > 1, let best = ranking.runs.first, let worst = ranking.runs.last {
      let name = "\(ranking.key.part.rawValue) \(ranking.key.quantity.rawValue)"
      for (title, run) in [("best", best), ("worst", worst)] {
        let value = run.best(ranking.key).map { number($0.value) } ?? "without a finite value"
        facts.append((title, "\(run.name): \(name) \(value)"))
      }
    }
    facts += ranking.runs.flatMap(divergences)
    return facts.isEmpty ? table.text : table.text + "\n\n" + alignedPairs(facts)
  }

  /// The epochs at which a run has no number any more, by series.
  private func divergences(_ run: TrainingHistory) -> [(String, String)] {
    TrainingHistory.Quantity.allCases.flatMap { quantity in
      TrainingHistory.Part.allCases.compactMap { part in
        guard let epochs = run.diverged[.init(quantity, part)], let first = epochs.first else { return nil }
        let more = epochs.count > 1 ? " and \(epochs.count - 1) more" : ""
        let series = "\(part.rawValue) \(quantity.rawValue)"
        return ("diverged", "\(run.name): \(series) is no finite number at epoch \(first)\(more)")
      }
    }
  }

  private struct HistoryReport: Encodable {
    let comparedBy: String
    /// Best first.
    let runs: [Entry]
  }

  private struct Entry: Encodable {
    struct Series: Encodable {
      let quantity: TrainingHistory.Quantity
      let part: TrainingHistory.Part
      let bestEpoch: Int?
      let best: Double?
      let values: [Double?]
      /// Epochs whose value is no finite number.
      let diverged: [Int]?
    }

    let name: String
    let epochs: Int
    let series: [Series]

    init(_ run: TrainingHistory) {
      name = run.name
      epochs = run.epochs
      series = TrainingHistory.Quantity.allCases.flatMap { quantity in
        TrainingHistory.Part.allCases.compactMap { part in
          let key = TrainingHistory.Key(quantity, part)
          return run.values[key].map {
            Series(
              quantity: quantity, part: part, bestEpoch: run.best(key)?.epoch, best: run.best(key)?.value,
              values: $0, diverged: run.diverged[key])
          }
        }
      }
    }
  }
}
