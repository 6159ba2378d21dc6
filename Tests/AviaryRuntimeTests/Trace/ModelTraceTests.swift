import AviaryCore
import Testing

@testable import AviaryRuntime

@Suite struct ModelTraceTests {
  private static func network(_ change: (inout Graph) throws -> Void = { _ in }) throws -> Session {
    var builder = GraphBuilder()
    builder.input("x", [1, 2, 6, 6])
    var x = "x"
    for block in 0..<4 {
      x = builder.relu(try builder.conv(x, (block == 0 ? 2 : 4, 4), name: "c\(block)"))
    }
    builder.node("GlobalAveragePool", [x], ["y"])
    builder.output("y")
    var graph = builder.graph
    try change(&graph)
    return try Session(graph: graph)
  }

  private static let inputs: [String: Value] = {
    guard let tensor = try? randomTensor([1, 2, 6, 6], seed: 5) else { return [:] }
    return ["x": .tensor(tensor)]
  }()

  private static func add(_ amount: Float, to name: String, in graph: inout Graph) throws {
    let tensor = try #require(graph.initializers[name])
    var values = try tensor.array(of: Float.self)
    values[values.count / 2] += amount
    graph.initializers[name] = try Tensor(values, shape: tensor.shape)
  }

  @Test func equalModelsAgree() throws {
    let report = try ModelTrace(Self.network(), inputs: Self.inputs)
      .compare(with: try Self.network(), inputs: Self.inputs)
    #expect(report.agrees && report.first == nil && report.largestAgreeing == 0)
    #expect(report.compared == 9 && report.nodes == 9)
    #expect(report.outputs.map(\.relative) == [0])
    #expect(report.optimized?.agrees == true)
  }

  @Test(arguments: 0..<4)
  func theFirstNodeAndItsWeight(block: Int) throws {
    let other = try Self.network { graph in
      // What comes later differs, too, and is not to blame.
      for later in block..<4 { try Self.add(0.5, to: "c\(later).w", in: &graph) }
      for index in graph.nodes.indices { graph.nodes[index].name = "renamed \(index)" }
    }
    var trace = ModelTrace(try Self.network(), inputs: Self.inputs)
    let report = try trace.compare(with: other, inputs: Self.inputs)
    let first = try #require(report.first)
    #expect(first.node == "Conv_\(2 * block)" && first.other == "renamed \(2 * block)")
    #expect(first.weights.map(\.name) == ["c\(block).w"])
    #expect(first.weights.first?.difference?.differing == 1)
    #expect(first.difference?.largest ?? 0 > 0.01 && report.largestAgreeing == 0)
    #expect(report.compared == 2 * block + 1)
    trace.all = true
    let whole = try trace.compare(with: other, inputs: Self.inputs)
    #expect(whole.steps.count == 9 && whole.first?.node == first.node)
  }

  @Test func attributesAndInsertedNodes() throws {
    let dilated = try Self.network { graph in
      graph.nodes[2].attributes["dilations"] = .ints([2, 2])
      graph.nodes[2].attributes["pads"] = .ints([2, 2, 2, 2])
    }
    let trace = ModelTrace(try Self.network(), inputs: Self.inputs)
    let first = try trace.compare(with: dilated, inputs: Self.inputs).first
    #expect(first?.node == "Conv_2")
    #expect(Set(first?.attributes.map(\.name) ?? []) == ["dilations", "pads"])

    let inserted = try Self.network { graph in
      graph.nodes.append(
        Node(
          name: "new", id: OperatorID("Sigmoid"), opset: 17, inputs: [graph.nodes[2].outputs[0]],
          outputs: ["s"]))
      graph.nodes[3].inputs = ["s"]
      graph = try graph.validated()
    }
    let report = try trace.compare(with: inserted, inputs: Self.inputs)
    #expect(report.first?.node == "Relu_3")
    #expect(report.first?.onlySecond.map(\.node) == ["new"])
    // At the end, behind everything that has a counterpart.
    let ended = try Self.network { graph in
      graph.nodes[8].outputs = ["pooled"]
      graph.nodes.append(
        Node(name: "end", id: OperatorID("Sigmoid"), opset: 17, inputs: ["pooled"], outputs: ["y"]))
    }
    let last = try trace.compare(with: ended, inputs: Self.inputs)
    #expect(!last.agrees && last.first?.onlySecond.map(\.node) == ["end"])
  }

  @Test func shapesThatDiffer() throws {
    let strided = try Self.network { graph in graph.nodes[4].attributes["strides"] = .ints([2, 2]) }
    let report = try ModelTrace(Self.network(), inputs: Self.inputs).compare(
      with: strided, inputs: Self.inputs)
    #expect(report.first?.node == "Conv_4" && report.first?.otherShape == [1, 4, 3, 3])
    #expect(report.first?.difference == nil)
  }

  @Test func recordedValues() throws {
    let session = try Self.network()
    var recorded: [String: Tensor] = [:]
    var walk = try GraphWalk(session.importedGraph, inputs: Self.inputs, evaluator: session.evaluator)
    for (index, node) in session.importedGraph.nodes.enumerated() {
      walk.hold(node.outputs[0])
      try walk.reach(index)
      recorded[node.outputs[0]] = walk.value(node.outputs[0])?.tensor
    }
    let trace = ModelTrace(session, inputs: Self.inputs)
    #expect(try trace.compare(withRecorded: "r") { recorded[$0].map { .tensor($0) } }.agrees)
    #expect(
      try trace.compare(withRecorded: "r") {
        recorded[$0].flatMap { ValueFingerprint($0) }.map { .fingerprint($0) }
      }
      .agrees)
    // Something went wrong in the third convolution.
    let broken = try Self.network { try Self.add(0.5, to: "c2.w", in: &$0) }
    for asFingerprint in [false, true] {
      let report = try ModelTrace(broken, inputs: Self.inputs).compare(withRecorded: "r") { name in
        recorded[name].flatMap { tensor in
          asFingerprint ? ValueFingerprint(tensor).map { .fingerprint($0) } : .tensor(tensor)
        }
      }
      #expect(report.first?.node == "Conv_4" && report.compared == 5)
    }
    let empty = try trace.compare(withRecorded: "r") { _ in nil }
    #expect(empty.compared == 0 && empty.notes.contains { $0.contains("no value") })
  }

  @Test func memoryIsFlat() throws {
    let session = try Self.network()
    let graph = session.importedGraph
    var walk = try GraphWalk(graph, inputs: Self.inputs, evaluator: session.evaluator)
    for index in graph.nodes.indices {
      try walk.reach(index)
      let alive = graph.nodes.filter { walk.value($0.outputs[0]) != nil }.count
      #expect(alive == 1, "after node \(index)")
    }
    // On demand, in any order.
    var other = try GraphWalk(graph, inputs: Self.inputs, evaluator: session.evaluator)
    try other.reach("y")
    let found = try #require(other.value("y")?.tensor)
    let expected = try #require(walk.value("y")?.tensor)
    #expect(TensorDifference(found, expected)?.differing == 0)
  }

  @Test func fingerprintsSeeOrder() throws {
    let tensor = try randomTensor([2, 3, 5], seed: 9)
    var values = try tensor.array(of: Float.self)
    let own = try #require(ValueFingerprint(tensor))
    #expect(own.relative(to: own) == 0)
    values.swapAt(0, 29)
    let swapped = try #require(ValueFingerprint(try Tensor(values, shape: tensor.shape)))
    #expect(abs(own.mean - swapped.mean) < 1e-9 && own.relative(to: swapped) > 1e-3)
    #expect(
      own.relative(to: try #require(ValueFingerprint(try tensor.reshaped(to: Shape([30]))))) == .infinity)
  }
}
