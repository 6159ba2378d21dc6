import AviaryCore

/// Which values of a graph are the same in every run, and what they are. Computed when asked for: a model's
/// weights need not be in memory twice.
struct ConstantValues {
  let graph: Graph
  private let evaluator: NodeEvaluator
  private let producer: [String: Int]
  /// Initializers and what nodes make of them alone.
  let names: Set<String>

  private static let random: Set<String> = [
    "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli",
  ]

  /// - Parameter graph: validated, hence in topological order.
  init(_ graph: Graph, evaluator: NodeEvaluator) {
    self.graph = graph
    self.evaluator = evaluator
    var producer: [String: Int] = [:]
    var names = Set(graph.initializers.keys)
    for (index, node) in graph.nodes.enumerated() {
      for output in node.outputs where !output.isEmpty { producer[output] = index }
      guard node.subgraphs.isEmpty, !Self.random.contains(node.id.name),
        node.inputs.allSatisfy({ $0.isEmpty || names.contains($0) })
      else { continue }
      names.formUnion(node.outputs)
    }
    names.remove("")
    self.producer = producer
    self.names = names
  }

  /// Whether every output of the node is constant.
  func isConstant(_ node: Node) -> Bool {
    node.outputs.allSatisfy { $0.isEmpty || names.contains($0) }
  }

  /// The value; `nil` where it is not constant or cannot be computed.
  func value(_ name: String) -> Tensor? {
    if let tensor = graph.initializers[name] { return tensor }
    guard names.contains(name) else { return nil }
    // Everything the value is made from, in the order of the graph.
    var needed: Set<Int> = []
    var open = [name]
    while let next = open.popLast() {
      guard graph.initializers[next] == nil, let index = producer[next], needed.insert(index).inserted
      else { continue }
      open += graph.nodes[index].inputs.filter { !$0.isEmpty }
    }
    var made: [String: Value] = [:]
    for index in needed.sorted() {
      let node = graph.nodes[index]
      let inputs = node.inputs.map { input in
        graph.initializers[input].map { Value.tensor($0) } ?? made[input]
      }
      guard let (op, _) = try? evaluator.makeOperator(node),
        let outputs = try? evaluator.evaluate(op, node: node, inputs: inputs)
      else { return nil }
      for (output, value) in zip(node.outputs, outputs) where !output.isEmpty { made[output] = value }
    }
    return made[name]?.tensor
  }

  /// The initializer or Constant that a value is made from, through nodes such as Cast and DequantizeLinear.
  func stored(_ name: String) -> (name: String, tensor: Tensor)? {
    var name = name
    for _ in 0...graph.nodes.count {
      if let tensor = graph.initializers[name] { return (name, tensor) }
      guard let index = producer[name] else { return nil }
      let node = graph.nodes[index]
      if case .tensor(let tensor)? = node.attributes["value"], node.inputs.isEmpty { return (name, tensor) }
      guard let input = node.inputs.first, !input.isEmpty else { return nil }
      name = input
    }
    return nil
  }
}
