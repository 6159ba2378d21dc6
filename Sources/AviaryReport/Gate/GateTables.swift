import AviaryEvaluation

/// The results of a gate as tables and as a Markdown summary.
public struct GateTables: Sendable {
  public let results: [GateResult]

  public init(_ results: [GateResult]) { self.results = results }

  /// A row per model.
  public var overview: Table {
    var table = Table(columns: [
      .init("model", alignment: .left), .init("result", alignment: .left), .init("accuracy_before"),
      .init("accuracy"), .init("macro_f1_before"), .init("macro_f1"), .init("changed"),
      .init("failed", alignment: .left),
    ])
    for result in results {
      let numbers = ["accuracy", "macroF1"].flatMap { name -> [Table.Cell] in
        let metric = result.metrics.first { $0.name == name }
        return [metric?.before, metric?.after].map { $0.map { .number($0, digits: 4) } ?? .missing }
      }
      table.rows.append(
        [.text(result.model), .text(result.passed ? "ok" : "FAILED")] + numbers + [
          .integer(result.changed.count),
          .text(result.checks.filter { !$0.passed }.map(\.name).joined(separator: ", ")),
        ])
    }
    return table
  }

  /// A row per check.
  /// - Parameter onlyFailed: leave out what passed.
  public func checks(onlyFailed: Bool = false) -> Table {
    var table = Table(columns: [
      .init("model", alignment: .left), .init("check", alignment: .left), .init("result", alignment: .left),
      .init("message", alignment: .left),
    ])
    for result in results {
      for check in result.checks where !(onlyFailed && check.passed) {
        table.rows.append([
          .text(result.model), .text(check.name), .text(check.passed ? "ok" : "FAILED"), .text(check.message),
        ])
      }
    }
    return table
  }

  /// A row per sample whose prediction has changed, at most `limit` a model.
  public func changed(limit: Int = .max) -> Table {
    var table = Table(columns: [
      .init("model", alignment: .left), .init("sample", alignment: .left), .init("is", alignment: .left),
      .init("before", alignment: .left), .init("now", alignment: .left),
    ])
    for result in results {
      for sample in result.changed.prefix(limit) {
        table.rows.append([
          .text(result.model), .text(sample.id), .text(sample.truth), .text(sample.before), .text(sample.after),
        ])
      }
    }
    return table
  }

  /// A summary for a pull request.
  public func markdown(limit: Int = 20) -> String {
    let failed = results.count { !$0.passed }
    var parts = [
      failed == 0
        ? "## Regression gate: \(results.count) model(s), no regression"
        : "## Regression gate: \(failed) of \(results.count) model(s) got worse", overview.markdown(),
    ]
    if failed > 0 { parts += ["### Failed checks", checks(onlyFailed: true).markdown()] }
    let count = results.reduce(0) { $0 + $1.changed.count }
    if count > 0 {
      let table = changed(limit: limit)
      parts += [
        "### Changed predictions" + (table.rows.count < count ? " (\(table.rows.count) of \(count))" : ""),
        table.markdown(),
      ]
    }
    let notes = results.flatMap { result in result.notes.map { "- \(result.model): \($0)" } }
    if !notes.isEmpty { parts += ["### Notes", notes.joined(separator: "\n") + "\n"] }
    return parts.joined(separator: "\n\n")
  }
}
