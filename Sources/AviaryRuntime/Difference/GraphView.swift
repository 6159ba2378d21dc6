import AviaryCore

/// A graph as comparisons look at it: nodes that depend on constants alone are part of the constants, and
/// nodes that hand on their input are not there.
struct GraphView {
  let graph: Graph
  let constants: ConstantValues
  let producer: [String: Int]
  /// Nodes that compute something from the inputs, in order.
  let live: [Int]
  private let liveSet: Set<Int>
  private let alias: [String: String]
  private let readersByName: [String: [Int]]
  private let shapes: [[[Int]]]

  init(_ graph: Graph, evaluator: NodeEvaluator) {
    self.graph = graph
    let constants = ConstantValues(graph, evaluator: evaluator)
    self.constants = constants
    var (producer, alias): ([String: Int], [String: String]) = ([:], [:])
    var readers: [String: [Int]] = [:]
    var (live, shapes): ([Int], [[[Int]]]) = ([], [])
    for (index, node) in graph.nodes.enumerated() {
      for output in node.outputs where !output.isEmpty { producer[output] = index }
      shapes.append(
        node.inputs.compactMap { name in
          guard constants.names.contains(name) else { return nil }
          return graph.initializers[name]?.shape.dims ?? constants.stored(name)?.tensor.shape.dims ?? []
        })
      if constants.isConstant(node) { continue }
      if Self.handsOn(node), let input = node.inputs.first, let output = node.outputs.first {
        alias[output] = alias[input] ?? input
        continue
      }
      live.append(index)
      for name in Set(node.inputs) where !name.isEmpty {
        readers[alias[name] ?? name, default: []].append(index)
      }
    }
    self.producer = producer
    self.alias = alias
    self.live = live
    liveSet = Set(live)
    readersByName = readers
    self.shapes = shapes
  }

  /// Identity, and Dropout as it is at inference.
  private static func handsOn(_ node: Node) -> Bool {
    guard node.id.domain.isEmpty else { return false }
    if node.id.name == "Identity" { return true }
    return node.id.name == "Dropout" && node.inputs.count < 3
      && node.outputs.dropFirst().allSatisfy(\.isEmpty)
  }

  func isLive(_ index: Int) -> Bool { liveSet.contains(index) }
  func isConstant(_ name: String) -> Bool { name.isEmpty || constants.names.contains(name) }

  /// The value behind nodes that only hand it on.
  func canonical(_ name: String) -> String { alias[name] ?? name }
  func input(_ index: Int, _ position: Int) -> String { canonical(graph.nodes[index].inputs[position]) }
  func readers(of name: String) -> [Int] { readersByName[name] ?? [] }

  /// Inputs that are not the same in every run.
  func activations(_ index: Int) -> [String] {
    graph.nodes[index].inputs.filter { !isConstant($0) }.map(canonical)
  }

  /// Shapes of the node's constant inputs, as they are stored.
  func weightShapes(_ index: Int) -> [[Int]] { shapes[index] }
}
