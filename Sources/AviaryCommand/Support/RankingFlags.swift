import ArgumentParser
import Aviary

/// Which rows of a ranking are shown, in what order.
struct RankingFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The column to go by, best first; with a minus before it worst first (--sort=-ms). One of name, \
      accuracy, f1, ece, parameters, madds, bytes, ms, throughput, memory.
      """, valueName: "column"))
  var sort = "accuracy"

  @Option(
    help: ArgumentHelp(
      "Show only rows of the ranking with ms<5, accuracy>=0.6, name~vgg, kind=model or pareto; may be repeated.",
      valueName: "condition"))
  var filter: [String] = []

  func validate() throws {
    let names = Ranking.Key.allCases.map(\.rawValue).joined(separator: ", ")
    guard key != nil else { throw ValidationError("--sort \(sort): is one of \(names)") }
    for text in filter where Ranking.Condition(text) == nil {
      throw ValidationError(
        "--filter '\(text)': is COLUMN<NUMBER (also <=, >, >=, =), name~TEXT, kind=model or pareto; "
          + "columns are \(names)")
    }
  }

  private var key: Ranking.Key? {
    Ranking.Key(rawValue: sort.hasPrefix("-") ? String(sort.dropFirst()) : sort)
  }

  func apply(_ ranking: Ranking) -> Ranking {
    ranking.sorted(by: key ?? .accuracy, reversed: sort.hasPrefix("-"))
      .filtered(filter.compactMap(Ranking.Condition.init))
  }
}
