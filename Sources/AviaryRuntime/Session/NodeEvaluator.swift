import AviaryCore

/// Creates operators from nodes and asks them, one node at a time, with errors that name the node.
struct NodeEvaluator: Sendable {
  let registry: OperatorRegistry
  let limits: Limits
  let parallel: any Parallel

  /// - Throws: `ImportError` for an unknown operator or attributes it refuses.
  func makeOperator(_ node: Node) throws(ImportError) -> (any Operator, unread: [String]) {
    guard let factory = registry.factory(for: node.id, opset: node.opset) else {
      let missing = UnsupportedOperator(id: node.id, opset: node.opset, nodes: [node.label])
      throw ImportError(.unsupportedOperators([missing]), "operator is not supported", node: node)
    }
    var attributes = Attributes(node.attributes)
    do {
      let op = try factory.make(&attributes, opset: node.opset)
      return (op, attributes.unread)
    } catch {
      throw error.at(node: node)
    }
  }

  /// Runs an operator once, outside any plan: for constants.
  ///
  /// - Returns: one value an output of the node; `nil` for those nobody wants.
  func evaluate(
    _ op: any Operator, node: Node, inputs: [Value?], subgraphs: [String: any Subgraph] = [:]
  ) throws(OperatorError) -> [Value?] {
    let context = RunContext(
      inputs: inputs, outputCount: node.outputs.count, wanted: node.outputs.map { !$0.isEmpty },
      limits: limits, parallel: parallel)
    if let op = op as? any SubgraphOperator {
      try op.run(context, subgraphs: subgraphs)
    } else {
      try op.run(context)
    }
    for (index, name) in node.outputs.enumerated() where !name.isEmpty && context.outputs[index] == nil {
      throw .invalid("output \(index) was not produced")
    }
    return context.outputs
  }
}
