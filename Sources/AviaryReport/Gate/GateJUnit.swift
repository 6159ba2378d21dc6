import AviaryEvaluation

/// The results of a gate as JUnit XML: a suite per model, a case per check, for continuous integration.
public enum GateJUnit {
  public static func xml(_ results: [GateResult]) -> String {
    let tests = results.reduce(0) { $0 + $1.checks.count }
    let failures = results.reduce(0) { $0 + $1.checks.count { !$0.passed } }
    let suites = results.map(suite).joined()
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="aviary check" tests="\(tests)" failures="\(failures)">
      \(suites)</testsuites>

      """
  }

  private static func suite(_ result: GateResult) -> String {
    let name = SVG.escaped(result.model)
    let failures = result.checks.count { !$0.passed }
    var text =
      "  <testsuite name=\"\(name)\" tests=\"\(result.checks.count)\" failures=\"\(failures)\" "
      + "errors=\"0\" time=\"\(NumberText.fixed(result.seconds, digits: 3))\">\n"
    for check in result.checks {
      text += "    <testcase classname=\"\(name)\" name=\"\(SVG.escaped(check.name))\""
      guard !check.passed else {
        text += "/>\n"
        continue
      }
      text += ">\n      <failure message=\"\(SVG.escaped(check.message))\"/>\n    </testcase>\n"
    }
    if !result.changed.isEmpty {
      let lines = result.changed.map { "\($0.id): \($0.before) -> \($0.after) (is \($0.truth))" }
      text += "    <system-out>" + lines.map(SVG.escaped).joined(separator: "\n") + "</system-out>\n"
    }
    return text + "  </testsuite>\n"
  }
}
