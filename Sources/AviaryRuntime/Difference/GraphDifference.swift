import AviaryCore

/// What two graphs do not have in common: nodes, attributes, connections, weights. Names of values and nodes
/// make no difference.
public struct GraphDifference: Sendable, Encodable {
  public struct NodeLine: Sendable, Encodable, Equatable {
    public let node: String
    public let `operator`: String

    init(_ node: Node) {
      self.node = node.label
      self.operator = "\(node.id)"
    }
  }

  /// Two nodes that do the same work and are told different things.
  public struct NodeChange: Sendable, Encodable, Equatable {
    public let node: String
    /// What the second model calls it, where that is another name.
    public let other: String?
    public let `operator`: String
    public let changes: [Change]
  }

  /// A constant that two nodes read which do the same work.
  public struct WeightChange: Sendable, Encodable, Equatable {
    /// The initializer or constant of the first model, and of the second where that has another name.
    public let name: String
    public let other: String?
    /// The first of the nodes that read it, and at which input.
    public let node: String
    public let `operator`: String
    public let input: Int
    /// As they are stored: `float 32x1x3x3`.
    public let firstStored: String
    public let secondStored: String
    /// Of what the nodes get, behind Cast and its like; absent where the shapes differ.
    public let difference: TensorDifference?
    public let firstShape: [Int]
    public let secondShape: [Int]
  }

  /// Nodes that compute something from the inputs, of each graph.
  public let firstNodes: Int
  public let secondNodes: Int
  /// Nodes that have a counterpart, and those of them that have another name.
  public let matched: Int
  public let renamed: Int
  public let inputs: [Change]
  public let outputs: [Change]
  public let onlyFirst: [NodeLine]
  public let onlySecond: [NodeLine]
  public let attributes: [NodeChange]
  /// Nodes that read something else: the names of the inputs in each graph.
  public let rewired: [NodeChange]
  public let weights: [WeightChange]
  public let equalWeights: Int

  /// Whether both compute the same of inputs of the same names.
  public var isSame: Bool {
    inputs.isEmpty && outputs.isEmpty && onlyFirst.isEmpty && onlySecond.isEmpty && attributes.isEmpty
      && rewired.isEmpty && weights.isEmpty
  }

  /// The first thing to say of it.
  var firstLine: String {
    if let change = (inputs + outputs).first {
      return "'\(change.name)': \(change.first ?? "none") and \(change.second ?? "none")"
    }
    if let line = onlyFirst.first { return "node '\(line.node)' (\(line.operator)) is missing" }
    if let line = onlySecond.first { return "node '\(line.node)' (\(line.operator)) is new" }
    if let node = attributes.first ?? rewired.first {
      return "node '\(node.node)' (\(node.operator)) differs"
    }
    if let weight = weights.first { return "weight '\(weight.name)' differs" }
    return "no difference"
  }

  init(_ first: Graph, _ second: Graph, evaluator: NodeEvaluator) {
    self.init(
      GraphMatching(GraphView(first, evaluator: evaluator), GraphView(second, evaluator: evaluator)),
      evaluator: evaluator)
  }

  init(_ matching: GraphMatching, evaluator: NodeEvaluator) {
    let (a, b) = (matching.first, matching.second)
    let pairs = matching.pairs.sorted { $0.key < $1.key }
    firstNodes = a.live.count
    secondNodes = b.live.count
    matched = pairs.count
    func label(_ view: GraphView, _ index: Int) -> String { view.graph.nodes[index].label }
    renamed = pairs.count { label(a, $0.key) != label(b, $0.value) }
    inputs = Self.changes(a.graph.inputs, b.graph.inputs)
    outputs = Self.changes(a.graph.outputs, b.graph.outputs)
    onlyFirst = a.live.filter { matching.pairs[$0] == nil }.map { NodeLine(a.graph.nodes[$0]) }
    onlySecond = b.live.filter { matching.inverse[$0] == nil }.map { NodeLine(b.graph.nodes[$0]) }

    let comparison = AttributeComparison(evaluator: evaluator)
    func change(_ i: Int, _ j: Int, _ changes: [Change]) -> NodeChange? {
      guard !changes.isEmpty else { return nil }
      let other = label(b, j)
      return NodeChange(
        node: label(a, i), other: other == label(a, i) ? nil : other, operator: "\(a.graph.nodes[i].id)",
        changes: changes)
    }
    attributes = pairs.compactMap { i, j in
      change(i, j, comparison.changes(a.graph.nodes[i], b.graph.nodes[j]))
    }
    rewired = pairs.compactMap { i, j in change(i, j, Connections(matching).changes(i, j)) }

    var seen: Set<[String]> = []
    var weights: [WeightChange] = []
    var equal = 0
    for (i, j) in pairs {
      for (p, q) in matching.inputPairs(i, j) {
        let (x, y) = (a.graph.nodes[i].inputs[p], b.graph.nodes[j].inputs[q])
        guard !x.isEmpty, !y.isEmpty, a.isConstant(x), b.isConstant(y), seen.insert([x, y]).inserted else {
          continue
        }
        if let change = Self.weight(x, y, i, p, j, matching) { weights.append(change) } else { equal += 1 }
      }
    }
    self.weights = weights
    equalWeights = equal
  }

  /// - Returns: `nil` where the node gets the same numbers.
  static func weight(
    _ x: String, _ y: String, _ i: Int, _ p: Int, _ j: Int, _ matching: GraphMatching
  ) -> WeightChange? {
    let (a, b) = (matching.first, matching.second)
    guard let left = a.constants.value(x), let right = b.constants.value(y) else { return nil }
    let difference = TensorDifference(left, right)
    let (stored, other) = (a.constants.stored(x), b.constants.stored(y))
    func text(_ tensor: Tensor) -> String { "\(tensor.elementType.name) \(tensor.shape)" }
    let name = stored?.name ?? x
    let secondName = other?.name ?? y
    let node = a.graph.nodes[i]
    let (firstStored, secondStored) = (text(stored?.tensor ?? left), text(other?.tensor ?? right))
    if left.elementType == right.elementType, let difference, difference.differing == 0 { return nil }
    return WeightChange(
      name: name, other: secondName == name ? nil : secondName, node: node.label, operator: "\(node.id)",
      input: p,
      firstStored: firstStored, secondStored: secondStored, difference: difference,
      firstShape: left.shape.dims,
      secondShape: right.shape.dims)
  }

  private static func changes(_ a: [Graph.Declaration], _ b: [Graph.Declaration]) -> [Change] {
    (0..<max(a.count, b.count)).compactMap { index in
      let first = a.indices.contains(index) ? "'\(a[index].name)' \(a[index].type.text)" : nil
      let second = b.indices.contains(index) ? "'\(b[index].name)' \(b[index].type.text)" : nil
      return first == second ? nil : Change("\(index)", first, second)
    }
  }
}

/// Where the inputs of nodes come from, seen through nodes that only one of the graphs has.
private struct Connections {
  let matching: GraphMatching

  init(_ matching: GraphMatching) { self.matching = matching }

  func changes(_ i: Int, _ j: Int) -> [Change] {
    let (a, b) = (matching.first.graph.nodes[i], matching.second.graph.nodes[j])
    var changes: [Change] = matching.inputPairs(i, j).compactMap { p, q in
      let (x, y) = (matching.first.input(i, p), matching.second.input(j, q))
      let (isFirst, isSecond) = (matching.first.isConstant(x), matching.second.isConstant(y))
      if isFirst || isSecond {
        guard isFirst != isSecond || x.isEmpty != y.isEmpty else { return nil }
      } else {
        let (from, other) = (
          origin(x, matching.first) { matching.pairs[$0] != nil },
          origin(y, matching.second) { matching.inverse[$0] != nil }
        )
        if matching.values[from] == other { return nil }
      }
      return Change("input \(p)", x.isEmpty ? nil : x, y.isEmpty ? nil : y)
    }
    for p in min(a.inputs.count, b.inputs.count)..<max(a.inputs.count, b.inputs.count) {
      let x = a.inputs.indices.contains(p) ? a.inputs[p] : ""
      let y = b.inputs.indices.contains(p) ? b.inputs[p] : ""
      if !x.isEmpty || !y.isEmpty {
        changes.append(Change("input \(p)", x.isEmpty ? nil : x, y.isEmpty ? nil : y))
      }
    }
    return changes
  }

  private func origin(_ name: String, _ view: GraphView, _ isMatched: (Int) -> Bool) -> String {
    var name = name
    while let index = view.producer[name], !isMatched(index) {
      let sources = Set(view.activations(index))
      guard sources.count == 1, let source = sources.first else { break }
      name = source
    }
    return name
  }
}

extension ValueType {
  /// As inspections show it.
  var text: String {
    switch self {
    case .tensor(let type, let shape): "\(type?.name ?? "?") \(shape)"
    case .sparseTensor(let type, let shape): "sparse \(type?.name ?? "?") \(shape)"
    case .sequence(let element): "sequence of \(element.text)"
    case .optional(let element): "optional \(element.text)"
    case .map(let key, let value): "map of \(key.name) to \(value.text)"
    case .unknown: "?"
    }
  }
}
