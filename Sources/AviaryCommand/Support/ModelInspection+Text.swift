extension ModelInspection {
  /// For people: a header, the nodes as a table, what each pass did.
  var text: String {
    let sets = opsets.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    var facts = [
      ("file", file), ("producer", producer), ("IR", "\(irVersion), opset \(sets.joined(separator: ", "))"),
    ]
    if let family { facts += family.facts }
    if let contract { facts += contract.facts }
    facts += inputs.map { ("input", "\($0.name)  \($0.type)  \($0.shape)") }
    facts += outputs.map { ("output", "\($0.name)  \($0.type)  \($0.shape)") }
    facts += metadata.sorted { $0.key < $1.key }.map { ("metadata", "\($0.key) = \($0.value.prefix(200))") }
    facts.append(("parameters", "\(grouped(parameters)) (\(grouped(weightBytes)) bytes)"))
    if unsupported.isEmpty {
      facts.append(("multiply-adds", grouped(multiplyAdds)))
      facts.append(("reorders", "\(layoutReorders) between layouts"))
    }
    var lines = [alignedPairs(facts.filter { !$0.1.isEmpty }), ""]
    if unsupported.isEmpty {
      lines.append(nodeTable)
    } else {
      lines.append("operators that are not supported:")
      for entry in unsupported {
        lines.append(
          "  \(entry.op) (domain \(entry.domain), opset \(entry.opset)): \(entry.nodes.count) node(s)")
      }
    }
    if let kernels { lines += ["", Explanation.text(kernels: kernels, passes: passes ?? [])] }
    return lines.joined(separator: "\n")
  }

  private var nodeTable: String {
    var table = TextTable([
      ("node", .left), ("operator", .left), ("stage", .left), ("inputs", .left), ("outputs", .left),
      ("parameters", .right),
      ("multiply-adds", .right),
    ])
    for node in nodes {
      table.add([
        String(node.name.suffix(48)), node.op, node.stage ?? "",
        node.inputs.map(\.shape).joined(separator: " "),
        node.outputs.map(\.shape).joined(separator: " "), grouped(node.parameters),
        grouped(node.multiplyAdds),
      ])
    }
    return table.text
  }
}

/// `1234567` as `1,234,567`.
func grouped(_ number: Int) -> String {
  var digits = String(number.magnitude)
  var groups: [String] = []
  while digits.count > 3 {
    groups.insert(String(digits.suffix(3)), at: 0)
    digits.removeLast(3)
  }
  return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
}
