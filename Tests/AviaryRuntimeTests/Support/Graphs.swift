import AviaryCore
import TestSupport

@testable import AviaryRuntime

/// Builds small graphs for tests, one line a node.
struct GraphBuilder {
  fileprivate(set) var graph = Graph(name: "test")
  var opset = 17

  mutating func input(_ name: String, _ dims: [Extent], _ type: ElementType = .float) {
    graph.inputs.append(.init(name: name, type: .tensor(type, SymbolicShape(dims))))
  }

  mutating func output(_ name: String, _ type: ElementType = .float) {
    graph.outputs.append(.init(name: name, type: .tensor(type, .unknown)))
  }

  mutating func constant(_ name: String, _ tensor: Tensor) { graph.initializers[name] = tensor }

  /// A constant of seeded values in -0.5 ..< 0.5.
  mutating func weights(_ name: String, _ dims: [Int], seed: UInt64 = 1) throws {
    graph.initializers[name] = try randomTensor(dims, seed: name.utf8.reduce(seed) { $0 &* 31 &+ UInt64($1) })
  }

  mutating func node(
    _ type: String, _ inputs: [String], _ outputs: [String], _ attributes: [String: AttributeValue] = [:],
    opset: Int? = nil, domain: String = ""
  ) {
    graph.nodes.append(
      Node(
        name: "\(type)_\(graph.nodes.count)", id: OperatorID(type, domain: domain),
        opset: opset ?? self.opset, inputs: inputs, outputs: outputs, attributes: attributes))
  }
}

/// Floats in -0.5 ..< 0.5.
func randomTensor(_ dims: [Int], seed: UInt64) throws -> Tensor {
  var generator = SeededGenerator(seed: seed)
  let shape = try Shape(dims)
  return try Tensor((0..<shape.count).map { _ in Float.random(in: -0.5..<0.5, using: &generator) }, shape: shape)
}

/// Largest difference, relative to the largest magnitude of `expected`; infinite for different shapes.
func relativeError(_ found: Tensor, _ expected: Tensor) throws -> Double {
  guard found.shape == expected.shape else { return .infinity }
  let (a, b) = (try found.array(of: Float.self), try expected.array(of: Float.self))
  // `max` passes over NaN, which must count as a difference unless both have it.
  guard zip(a, b).allSatisfy({ $0.isNaN == $1.isNaN }) else { return .infinity }
  let scale = b.map { Double($0.magnitude) }.max() ?? 0
  let error = zip(a, b).map { Double(($0 - $1).magnitude) }.max() ?? 0
  return error == 0 ? 0 : error / max(scale, 1e-30)
}

/// How often each operator occurs.
func operatorCounts(_ graph: Graph) -> [String: Int] {
  graph.nodes.reduce(into: [:]) { $0[$1.id.description, default: 0] += 1 }
}

extension GraphBuilder {
  /// Goes on with a graph that was changed by hand.
  init(_ graph: Graph) {
    self.init()
    self.graph = graph
  }
}
