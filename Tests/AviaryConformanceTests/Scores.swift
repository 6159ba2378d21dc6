import Foundation
import TestSupport

/// Cases that pass, by the operator that they are about (`operators.txt` of the suite).
struct Scores {
  private var passed: [String: Int] = [:]
  private var all: [String: Int] = [:]

  /// The operator of each case.
  static func operators() throws -> [String: String] {
    guard let suite = Locations.onnxSuite else { return [:] }
    let text = try String(contentsOf: suite.appendingPathComponent("operators.txt"), encoding: .utf8)
    var operators: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: " ")
      if parts.count == 2 { operators[String(parts[0])] = String(parts[1]) }
    }
    return operators
  }

  init(_ outcomes: [String: SuiteCase.Outcome]) throws {
    let operators = try Self.operators()
    for (id, outcome) in outcomes {
      let name = operators[id] ?? "unknown"
      all[name, default: 0] += 1
      if outcome == .passed { passed[name, default: 0] += 1 }
    }
  }

  private var rows: [(name: String, passed: Int, all: Int)] {
    all.keys.sorted().map { ($0, passed[$0] ?? 0, all[$0] ?? 0) }
  }
  private var total: String { "\(passed.values.reduce(0, +)) of \(all.values.reduce(0, +))" }

  /// For a terminal.
  var table: String {
    rows.map { "\($0.name.padding(toLength: 48, withPad: " ", startingAt: 0)) \($0.passed)/\($0.all)" }
      .joined(separator: "\n") + "\n\(total)"
  }

  func markdown(failing: [(id: String, reason: String)]) -> String {
    let whole = rows.filter { $0.passed == $0.all }.map { "\($0.name) (\($0.all))" }
    let partly = rows.filter { $0.passed < $0.all }.map { "| \($0.name) | \($0.passed) | \($0.all) |\n" }
    let reasons = failing.map { "- `\($0.id)`: \($0.reason)\n" }
    return """
      # The ONNX suite, by operator

      Written by `AVIARY_UPDATE_PASSING=1 make conformance`. **\(total)** cases of the backend suite of the `onnx`
      package that `Tests/Peers/requirements.txt` pins pass. A case counts for the operator that it is about.

      ## Not complete

      | operator | pass | cases |
      |---|--:|--:|
      \(partly.joined())
      ## Why

      \(reasons.joined())
      ## Complete (cases)

      \(whole.joined(separator: ",\n")).

      """
  }
}
