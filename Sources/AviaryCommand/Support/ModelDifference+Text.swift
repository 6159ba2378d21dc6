import Aviary
import Foundation

extension ModelDifference {
  /// For people: what is equal in one line, then what is not, at most `list` lines of each kind.
  func text(list: Int) -> String {
    var parts = [alignedPairs([("first", first), ("second", second)])]
    if !origin.isEmpty { parts.append(Self.table("origin", origin)) }
    parts.append(
      "\(graph.matched) nodes correspond (of \(graph.firstNodes) and \(graph.secondNodes)"
        + (graph.renamed > 0 ? ", \(graph.renamed) under another name" : "")
        + "), \(graph.equalWeights) weights are equal")
    if isSame { parts.append("no difference in structure, attributes or weights") }
    if !graph.inputs.isEmpty { parts.append(Self.table("input", graph.inputs)) }
    if !graph.outputs.isEmpty { parts.append(Self.table("output", graph.outputs)) }
    parts += [
      Self.nodes("only in the first", graph.onlyFirst, list),
      Self.nodes("only in the second", graph.onlySecond, list),
      Self.changes("attribute", graph.attributes, list), Self.changes("reads", graph.rewired, list),
      weights(list),
    ].compactMap { $0 }
    return parts.joined(separator: "\n\n")
  }

  private static func table(_ what: String, _ changes: [Change]) -> String {
    var table = TextTable([(what, .left), ("first", .left), ("second", .left)])
    for change in changes { table.add([change.name, change.first ?? "-", change.second ?? "-"]) }
    return table.text
  }

  private static func nodes(_ title: String, _ nodes: [GraphDifference.NodeLine], _ list: Int) -> String? {
    guard !nodes.isEmpty else { return nil }
    let kinds = Dictionary(grouping: nodes, by: \.operator).map { "\($0.value.count) \($0.key)" }.sorted()
    var table = TextTable([("\(title)", .left), ("operator", .left)])
    for node in nodes.prefix(list) { table.add([node.node, node.operator]) }
    return more("\(title): \(kinds.joined(separator: ", "))\n" + table.text, nodes.count, list)
  }

  private static func changes(_ what: String, _ nodes: [GraphDifference.NodeChange], _ list: Int) -> String? {
    guard !nodes.isEmpty else { return nil }
    var table = TextTable([
      ("node", .left), ("operator", .left), (what, .left), ("first", .left), ("second", .left),
    ])
    for node in nodes.prefix(list) {
      for change in node.changes {
        table.add([
          node.node + (node.other.map { " = \($0)" } ?? ""), node.operator, change.name, change.first ?? "-",
          change.second ?? "-",
        ])
      }
    }
    return more(table.text, nodes.count, list)
  }

  private func weights(_ list: Int) -> String? {
    guard !graph.weights.isEmpty else { return nil }
    // The ones that matter first.
    let sorted = graph.weights.sorted {
      ($0.difference?.relative ?? .infinity) > ($1.difference?.relative ?? .infinity)
    }
    let lines = sorted.prefix(list).map { "  \($0.text)" }
    return Self.more(
      "\(graph.weights.count) weights differ\n" + lines.joined(separator: "\n"), graph.weights.count, list)
  }

  private static func more(_ text: String, _ count: Int, _ list: Int) -> String {
    count > list ? text + "\nand \(count - list) more (--list)" : text
  }
}

extension GraphDifference.WeightChange {
  /// One line.
  var text: String {
    var text =
      "weight '\(name)'" + (other.map { " = '\($0)'" } ?? "")
      + " of '\(node)' (\(`operator`), input \(input)): "
    if let difference {
      text += difference.text
    } else {
      text += "shapes \(firstShape) and \(secondShape)"
    }
    if firstStored != secondStored { text += "; stored as \(firstStored) and \(secondStored)" }
    return text
  }
}

extension TensorDifference {
  /// `1 of 288 elements differ, by at most 0.21 (0.35 of the largest, at 17: 0.1 and 0.31)`.
  var text: String {
    guard differing > 0 else { return "the same numbers" }
    return "\(grouped(differing)) of \(grouped(count)) elements differ, by at most \(Self.short(largest)) "
      + "(\(Self.short(relative)) of the largest magnitude; at \(position): \(Self.short(first)) and \(Self.short(second)))"
  }

  private static func short(_ value: Double) -> String {
    value.isFinite ? String(format: "%.4g", value) : "\(value)"
  }
}
