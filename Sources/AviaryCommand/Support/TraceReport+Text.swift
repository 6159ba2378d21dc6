import Aviary

extension TraceReport {
  /// For people.
  var text: String {
    var parts = [alignedPairs([("model", model), ("compared with", reference)])]
    if !steps.isEmpty {
      var table = TextTable([("node", .left), ("operator", .left), ("value", .left), ("difference", .right)])
      for step in steps {
        table.add([step.node, step.operator, step.value, step.relative.map(significant) ?? "not comparable"])
      }
      parts.append(table.text)
    }
    parts.append(
      "\(compared) of \(nodes) nodes compared; what agrees differs by at most \(significant(largestAgreeing)) of a "
        + "value's largest magnitude (allowed: \(significant(tolerance)))")
    if let first {
      parts.append(first.text)
    } else {
      parts.append("no node differs")
    }
    if first == nil, let optimized {
      parts.append(
        optimized.agrees
          ? "as usually run, after the optimizer's passes: agrees to \(significant(optimized.relative))"
          : "as usually run, after the optimizer's passes, the output differs by \(significant(optimized.relative)); "
            + (optimized.passes.isEmpty
              ? "no single pass is to blame (try --no-optimize)"
              : "not without the pass \(optimized.passes.joined(separator: " or ")) (--disable-pass)"))
    }
    parts += notes.map { "note: \($0)" }
    return parts.joined(separator: "\n\n")
  }
}

extension TraceReport.Divergence {
  fileprivate var text: String {
    var lines = [
      "first difference: node '\(node)' (\(`operator`))" + (other.map { ", in the other '\($0)'" } ?? ""),
      "  value '\(value)', \(shape.isEmpty ? "scalar" : shape.map(String.init).joined(separator: "x"))",
    ]
    if let otherShape { lines.append("  its shape is \(otherShape) in the other") }
    if let difference { lines.append("  \(difference.text)") }
    if let problem { lines.append("  \(problem)") }
    for change in attributes {
      lines.append("  attribute \(change.name): \(change.first ?? "absent") and \(change.second ?? "absent")")
    }
    lines += weights.map { "  \($0.text)" }
    for (title, nodes) in [("first", onlyFirst), ("second", onlySecond)] where !nodes.isEmpty {
      let names = nodes.prefix(8).map { "'\($0.node)' (\($0.operator))" }.joined(separator: ", ")
      lines.append("  before it, only in the \(title): \(names)\(nodes.count > 8 ? ", ..." : "")")
    }
    return lines.joined(separator: "\n")
  }
}
