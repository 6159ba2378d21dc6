import ArgumentParser
import Aviary

struct RunsDiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "What differs between two runs: what was judged, and the samples that changed.",
    discussion: """
      Samples are matched by their ids, so that runs on different splits or sizes can be compared as far as
      they overlap.
      """)

  @Argument(help: "The first run's number, or a record file.")
  var first: String

  @Argument(help: "The second run's number, or a record file.")
  var second: String

  @Option(help: "How many of the changed samples to show.")
  var samples = 20

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var store: StoreFlags

  func run() throws {
    let difference = try RunDifference(try record(first), try record(second))
    if json { return try Console.printJSON(difference) }
    print(difference.text(first: first, second: second, samples: max(0, samples)))
  }

  private func record(_ name: String) throws -> EvaluationRecord {
    guard let id = Int64(name) else { return try EvaluationRecord(contentsOf: name) }
    return try store.existing().record(id)
  }
}

extension RunDifference {
  fileprivate func text(first: String, second: String, samples: Int) -> String {
    var parts: [String] = []
    if !changes.isEmpty {
      var table = TextTable([("what", .left), (first, .left), (second, .left)])
      for change in changes { table.add([change.name, change.first, change.second]) }
      parts.append(table.text)
    }
    parts.append(
      alignedPairs([
        ("samples", "\(common) in both, \(onlyFirst) only in \(first), \(onlySecond) only in \(second)"),
        (
          "accuracy",
          "\(fixed(100 * firstAccuracy, 2)) % and \(fixed(100 * secondAccuracy, 2)) % on what is in both"
        ),
        (
          "right",
          "\(test.onlyFirst) only in \(first), \(test.onlySecond) only in \(second) "
            + "(McNemar's exact test: p = \(significant(test.exactPValue)))"
        ), ("largest change", "of a probability: \(significant(Double(largestChange)))"),
        ("predictions", "\(changed.count) changed"),
      ]))
    if !changed.isEmpty, samples > 0 {
      var table = TextTable([("sample", .left), ("class", .left), (first, .left), (second, .left)])
      for sample in changed.prefix(samples) {
        table.add([sample.id, sample.label, sample.first, sample.second])
      }
      parts.append(
        table.text + (changed.count > samples ? "\nand \(changed.count - samples) more (--samples)" : ""))
    }
    return parts.joined(separator: "\n\n")
  }
}
