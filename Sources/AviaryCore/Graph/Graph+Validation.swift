extension Graph {
  /// The same graph with its nodes in topological order (stable: nodes already in order stay where they
  /// are), subgraphs included.
  ///
  /// - Parameter outerNames: values of enclosing graphs that a subgraph may refer to.
  /// - Throws: `ImportError` (`invalidGraph`) naming the node for a value produced twice, a value that
  ///   nobody produces, a graph output without a source, or a cycle.
  public func validated(outerNames: Set<String> = []) throws(ImportError) -> Graph {
    var produced = outerNames
    for input in inputs + defaultedInputs { produced.insert(input.name) }
    for name in initializers.keys { produced.insert(name) }

    var producer: [String: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for output in node.outputs where !output.isEmpty {
        guard producer.updateValue(index, forKey: output) == nil, !isGiven(output) else {
          throw ImportError(.invalidGraph, "value '\(output)' has more than one source", node: node)
        }
      }
    }
    var sorted = self
    sorted.nodes = try topologicalOrder(producer: producer, given: produced).map { nodes[$0] }
    for node in sorted.nodes { produced.formUnion(node.outputs) }
    for output in outputs where !produced.contains(output.name) {
      throw ImportError(.invalidGraph, "nothing produces the graph output '\(output.name)'")
    }

    // Subgraphs see every value of this graph that exists before their node runs; order was settled above.
    for index in sorted.nodes.indices {
      for (name, value) in sorted.nodes[index].attributes {
        if case .graph(let subgraph) = value {
          sorted.nodes[index].attributes[name] = .graph(try subgraph.validated(outerNames: produced))
        }
      }
    }
    return sorted
  }

  /// Whether the caller or an initializer provides a value of this name.
  private func isGiven(_ name: String) -> Bool {
    initializers[name] != nil || inputs.contains { $0.name == name }
      || defaultedInputs.contains { $0.name == name }
  }

  private func topologicalOrder(
    producer: [String: Int], given: Set<String>
  ) throws(ImportError) -> [Int] {
    var consumers = [[Int]](repeating: [], count: nodes.count)
    var pending = [Int](repeating: 0, count: nodes.count)
    for (index, node) in nodes.enumerated() {
      for name in node.allInputs {
        if let source = producer[name] {
          consumers[source].append(index)
          pending[index] += 1
        } else if !given.contains(name) {
          throw ImportError(
            .invalidGraph, "input '\(name)' has no source: neither a node, an initializer nor a graph input",
            node: node)
        }
      }
    }
    // A heap of indices would keep the model's order exactly; models are in order already, so a scan
    // front to back with a work list for the rest is enough and linear.
    var order: [Int] = []
    order.reserveCapacity(nodes.count)
    var done = [Bool](repeating: false, count: nodes.count)
    for start in nodes.indices where !done[start] && pending[start] == 0 {
      var ready = [start]
      while let index = ready.popLast() {
        done[index] = true
        order.append(index)
        // Later nodes are met by the scan itself; only earlier ones must be released here.
        for consumer in consumers[index].reversed() {
          pending[consumer] -= 1
          if pending[consumer] == 0, consumer < start { ready.append(consumer) }
        }
      }
    }
    guard order.count == nodes.count else {
      let stuck = nodes.indices.first { !done[$0] }.map { nodes[$0] }
      throw ImportError(.invalidGraph, "the graph has a cycle through this node", node: stuck)
    }
    return order
  }
}

extension Node {
  /// Names of everything the node reads: its inputs and what its subgraphs take from outside.
  public var allInputs: [String] {
    inputs.filter { !$0.isEmpty } + subgraphs.values.flatMap(\.freeNames)
  }
}

extension Graph {
  /// Names that this graph reads but does not define: values of enclosing graphs.
  public var freeNames: [String] {
    var defined = Set(initializers.keys)
    defined.formUnion(inputs.map(\.name))
    defined.formUnion(defaultedInputs.map(\.name))
    for node in nodes { defined.formUnion(node.outputs) }
    var free: [String] = []
    var seen: Set<String> = []
    for name in nodes.flatMap(\.allInputs) + outputs.map(\.name)
    where !defined.contains(name) && seen.insert(name).inserted {
      free.append(name)
    }
    return free
  }
}
