import AviaryCore

/// A graph while passes change it: who produces and who reads each value is always known.
///
/// Nodes keep their index until `finish()`; removed ones leave a hole, new ones go to the end and are
/// sorted into place by `finish()`.
struct GraphEditor {
  private var graph: Graph
  private(set) var nodes: [Node?]
  private(set) var producer: [String: Int] = [:]
  private(set) var readers: [String: Set<Int>] = [:]
  /// What shape inference knows of values; new values are added by the passes that make them.
  var infos: [String: ValueInfo] = [:]
  /// The arithmetic that the session asks for.
  let precision: Precision
  /// Why patterns that nearly matched did not apply, one line each.
  private(set) var notes: [String] = []
  private let outputNames: Set<String>
  private var fresh = 0

  init(_ graph: Graph, precision: Precision = .fp32) {
    self.graph = graph
    self.precision = precision
    nodes = graph.nodes
    outputNames = Set(graph.outputs.map(\.name))
    for (index, node) in graph.nodes.enumerated() { link(index, node) }
  }

  /// Indices of the nodes that are left, in order.
  var indices: [Int] { nodes.indices.filter { nodes[$0] != nil } }

  /// The graph with unread constants dropped and nodes in topological order.
  func finish() throws(ImportError) -> Graph {
    var result = graph
    result.nodes = nodes.compactMap { $0 }
    result.initializers = graph.initializers.filter { name, _ in
      readers[name]?.isEmpty == false || outputNames.contains(name)
    }
    return try result.validated()
  }

  // MARK: Questions

  var initializers: [String: Tensor] { graph.initializers }
  var inputs: [Graph.Declaration] { graph.inputs }

  func isOutput(_ name: String) -> Bool { outputNames.contains(name) }

  /// The constant of that name.
  func constant(_ name: String) -> Tensor? { graph.initializers[name] }

  /// The node's input at `position`, where it is given and constant.
  func constantInput(_ node: Node, _ position: Int) -> Tensor? {
    node.inputs.indices.contains(position) ? constant(node.inputs[position]) : nil
  }

  /// The node that alone reads `name`, where the value is no graph output.
  func soleReader(of name: String) -> (index: Int, node: Node)? {
    guard !isOutput(name), let readers = readers[name], readers.count == 1, let index = readers.first,
      let node = nodes[index], node.allInputs.count(where: { $0 == name }) == 1,
      node.inputs.contains(name)
    else { return nil }
    return (index, node)
  }

  /// The node that produces `name`.
  func source(of name: String) -> (index: Int, node: Node)? {
    guard let index = producer[name], let node = nodes[index] else { return nil }
    return (index, node)
  }

  // MARK: Changes

  /// Records why a pattern that nearly matched did not apply.
  mutating func note(_ line: String) { notes.append(line) }

  /// A name that no value has.
  mutating func freshName(_ hint: String) -> String {
    while true {
      fresh += 1
      let name = "\(hint)/aviary_\(fresh)"
      if producer[name] == nil, readers[name] == nil, graph.initializers[name] == nil { return name }
    }
  }

  /// Adds a constant and returns its name.
  mutating func addConstant(_ tensor: Tensor, hint: String) -> String {
    let name = freshName(hint)
    setConstant(name, tensor)
    return name
  }

  /// Makes `name` a constant. Whoever produced it must be removed by the caller.
  mutating func setConstant(_ name: String, _ tensor: Tensor) {
    graph.initializers[name] = tensor
    infos[name] = ValueInfo(constant: .tensor(tensor))
  }

  mutating func remove(_ index: Int) {
    guard let node = nodes[index] else { return }
    unlink(index, node)
    nodes[index] = nil
  }

  mutating func replace(_ index: Int, with node: Node) {
    if let old = nodes[index] { unlink(index, old) }
    nodes[index] = node
    link(index, node)
  }

  @discardableResult
  mutating func append(_ node: Node) -> Int {
    nodes.append(node)
    link(nodes.count - 1, node)
    return nodes.count - 1
  }

  /// Makes every reader of `old` read `new` instead (graph outputs keep their names).
  mutating func redirect(_ old: String, to new: String) {
    for index in readers[old] ?? [] {
      guard var node = nodes[index] else { continue }
      node.inputs = node.inputs.map { $0 == old ? new : $0 }
      for (name, value) in node.attributes {
        if case .graph(let subgraph) = value {
          node.attributes[name] = .graph(subgraph.renamingFree(old, to: new))
        }
      }
      replace(index, with: node)
    }
  }

  /// Removes a node whose output `output` equals its input `input`; false where the names of graph inputs
  /// and outputs do not allow it.
  mutating func bypass(_ index: Int, input: String, output: String) -> Bool {
    if !isOutput(output) {
      remove(index)
      redirect(output, to: input)
      return true
    }
    // The output's name is fixed, so the input takes it over, where somebody produces the input.
    guard !isOutput(input), let (source, sourceNode) = source(of: input) else { return false }
    remove(index)
    var renamed = sourceNode
    renamed.outputs = renamed.outputs.map { $0 == input ? output : $0 }
    replace(source, with: renamed)
    redirect(input, to: output)
    infos[output] = infos[input]
    return true
  }

  private mutating func link(_ index: Int, _ node: Node) {
    for output in node.outputs where !output.isEmpty { producer[output] = index }
    for input in node.allInputs { readers[input, default: []].insert(index) }
  }

  private mutating func unlink(_ index: Int, _ node: Node) {
    for output in node.outputs where producer[output] == index { producer[output] = nil }
    for input in node.allInputs { readers[input]?.remove(index) }
  }
}

extension Graph {
  /// The same graph reading the outer value `new` wherever it read `old`.
  func renamingFree(_ old: String, to new: String) -> Graph {
    guard freeNames.contains(old) else { return self }
    var graph = self
    for index in graph.nodes.indices {
      graph.nodes[index].inputs = graph.nodes[index].inputs.map { $0 == old ? new : $0 }
      for (name, value) in graph.nodes[index].attributes {
        if case .graph(let subgraph) = value {
          graph.nodes[index].attributes[name] = .graph(subgraph.renamingFree(old, to: new))
        }
      }
    }
    // A subgraph may hand an outer value straight out; its output's name then changes with it.
    for index in graph.outputs.indices where graph.outputs[index].name == old {
      graph.outputs[index].name = new
    }
    return graph
  }
}
