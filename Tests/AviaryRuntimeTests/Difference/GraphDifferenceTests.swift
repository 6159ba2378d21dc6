import AviaryCore
import Testing

@testable import AviaryRuntime

@Suite struct GraphDifferenceTests {
  /// Two convolutions, a residual, a classifier. `rename` gives every node and inner value another name.
  private static func network(
    rename: (String) -> String = { $0 }, change: (inout GraphBuilder) throws -> Void = { _ in }
  ) throws -> Graph {
    var builder = GraphBuilder()
    builder.input("x", [1, 3, 8, 8])
    let first = builder.relu(try builder.conv("x", (3, 4), name: "first"))
    let second = try builder.conv(first, (4, 4), name: "second")
    builder.node("Add", [first, second], ["sum"])
    builder.node("GlobalAveragePool", ["sum"], ["pooled"])
    builder.node("Flatten", ["pooled"], ["flat"])
    try builder.weights("head", [4, 7])
    builder.node("MatMul", ["flat", "head"], ["y"])
    builder.output("y")
    try change(&builder)
    var graph = builder.graph
    func renamed(_ name: String) -> String {
      name.isEmpty || name == "x" || name == "y" ? name : rename(name)
    }
    for index in graph.nodes.indices {
      graph.nodes[index].name = renamed(graph.nodes[index].name)
      graph.nodes[index].inputs = graph.nodes[index].inputs.map(renamed)
      graph.nodes[index].outputs = graph.nodes[index].outputs.map(renamed)
    }
    graph.initializers = Dictionary(
      graph.initializers.map { (renamed($0.key), $0.value) }, uniquingKeysWith: { first, _ in first })
    return try graph.validated()
  }

  private static func difference(_ a: Graph, _ b: Graph) throws -> GraphDifference {
    GraphDifference(a, b, evaluator: try Session(graph: a).evaluator)
  }

  /// The same graph with the weights changed.
  private static func changed(_ graph: Graph, _ name: String, _ body: (inout [Float]) -> Void) throws -> Graph
  {
    var graph = graph
    let tensor = try #require(graph.initializers[name])
    var values = try tensor.array(of: Float.self)
    body(&values)
    graph.initializers[name] = try Tensor(values, shape: tensor.shape)
    return graph
  }

  @Test func namesMakeNoDifference() throws {
    let a = try Self.network()
    let difference = try Self.difference(a, try Self.network(rename: { "other/" + String($0.reversed()) }))
    #expect(difference.isSame, "\(difference.firstLine)")
    #expect(difference.matched == 7 && difference.renamed == 7 && difference.equalWeights == 5)
    #expect(try Self.difference(a, a).renamed == 0)
  }

  @Test func oneWeight() throws {
    let a = try Self.network()
    let b = try Self.changed(try Self.network(rename: { "n/" + $0 }), "n/second.w") { $0[5] += 0.25 }
    let difference = try Self.difference(a, b)
    let weight = try #require(difference.weights.first)
    #expect(difference.weights.count == 1 && difference.attributes.isEmpty && difference.onlyFirst.isEmpty)
    #expect(weight.name == "second.w" && weight.other == "n/second.w" && weight.input == 1)
    #expect(weight.difference?.differing == 1 && weight.difference?.position == 5)
    #expect(abs((weight.difference?.largest ?? 0) - 0.25) < 1e-6)
  }

  @Test func attributes() throws {
    let a = try Self.network()
    var b = a
    let index = try #require(b.nodes.lastIndex { $0.id.name == "Conv" })
    b.nodes[index].attributes["pads"] = .ints([0, 0, 2, 2])
    let difference = try Self.difference(a, b)
    #expect(difference.attributes.map(\.changes) == [[Change("pads", "[1, 1, 1, 1]", "[0, 0, 2, 2]")]])
    #expect(difference.weights.isEmpty && difference.rewired.isEmpty && difference.matched == 7)
  }

  /// Exporters spell out what the specification takes for granted, or do not.
  @Test func defaultsMakeNoDifference() throws {
    let a = try Self.network()
    var b = a
    for index in b.nodes.indices {
      switch b.nodes[index].id.name {
      case "Conv":
        b.nodes[index].attributes["dilations"] = .ints([1, 1])
        b.nodes[index].attributes["strides"] = .ints([1, 1])
        b.nodes[index].attributes["auto_pad"] = .string("NOTSET")
        b.nodes[index].attributes["kernel_shape"] = .ints([3, 3])
        b.nodes[index].attributes["group"] = nil
      case "Flatten": b.nodes[index].attributes["axis"] = .int(1)
      default: break
      }
    }
    #expect(try Self.difference(a, b).isSame)
    #expect(try Self.difference(b, a).isSame)
    b.nodes[0].attributes["strides"] = .ints([2, 2])
    #expect(try Self.difference(a, b).attributes.count == 1)
  }

  @Test func anInsertedNode() throws {
    let a = try Self.network(rename: { "a/" + $0 })
    let b = try Self.network(rename: { "b/" + $0 }) { builder in
      builder.node("Sigmoid", ["sum"], ["gate"])
      var graph = builder.graph
      let pool = try #require(graph.nodes.firstIndex { $0.id.name == "GlobalAveragePool" })
      graph.nodes[pool].inputs = ["gate"]
      builder = GraphBuilder(graph)
    }
    let difference = try Self.difference(a, b)
    #expect(difference.onlySecond.map(\.operator) == ["Sigmoid"] && difference.onlyFirst.isEmpty)
    #expect(difference.matched == 7 && difference.rewired.isEmpty && difference.weights.isEmpty)
    let back = try Self.difference(b, a)
    #expect(back.onlyFirst.map(\.operator) == ["Sigmoid"] && back.onlySecond.isEmpty)
  }

  @Test func anotherConnection() throws {
    let a = try Self.network()
    var b = a
    let add = try #require(b.nodes.firstIndex { $0.id.name == "Add" })
    // The sum of the second convolution with itself.
    b.nodes[add].inputs[0] = b.nodes[add].inputs[1]
    let difference = try Self.difference(a, try b.validated())
    #expect(!difference.isSame)
    #expect(difference.rewired.map(\.operator) == ["Add"])
    // In the other order nothing else is computed.
    var crossed = a
    crossed.nodes[add].inputs.reverse()
    #expect(try Self.difference(a, crossed).isSame)
  }

  @Test func weightsThatAreStoredOtherwise() throws {
    let a = try Self.network()
    let half = try Self.network(change: { builder in
      var graph = builder.graph
      let tensor = try #require(graph.initializers["head"])
      graph.initializers["head"] = nil
      graph.initializers["head16"] = try Tensor(
        tensor.array(of: Float.self).map { Float16($0) }, shape: tensor.shape)
      graph.nodes.insert(
        Node(
          name: "cast", id: OperatorID("Cast"), opset: 17, inputs: ["head16"], outputs: ["head"],
          attributes: ["to": .int(1)]),
        at: 0)
      builder = GraphBuilder(graph)
    })
    let difference = try Self.difference(a, half)
    #expect(difference.matched == 7 && difference.onlySecond.isEmpty)
    let weight = try #require(difference.weights.first)
    #expect(difference.weights.count == 1)
    #expect(weight.firstStored == "float 4x7" && weight.secondStored == "float16 4x7")
    #expect((weight.difference?.relative ?? 1) < 1e-3 && weight.difference?.differing ?? 0 > 20)

    // A Constant node in place of an initializer is no difference at all.
    let constant = try Self.network(change: { builder in
      var graph = builder.graph
      let tensor = try #require(graph.initializers["head"])
      graph.initializers["head"] = nil
      graph.nodes.insert(
        Node(
          name: "c", id: OperatorID("Constant"), opset: 17, inputs: [], outputs: ["head"],
          attributes: ["value": .tensor(tensor)]),
        at: 0)
      builder = GraphBuilder(graph)
    })
    #expect(try Self.difference(a, constant).isSame)
  }

  @Test func anotherShape() throws {
    let a = try Self.network()
    var b = a
    b.initializers["head"] = try randomTensor([4, 5], seed: 3)
    let difference = try Self.difference(a, b)
    #expect(difference.weights.count == 1 && difference.weights[0].difference == nil)
    #expect(difference.weights[0].secondShape == [4, 5])
    b.inputs[0].name = "picture"
    b.nodes[0].inputs[0] = "picture"
    #expect(try Self.difference(a, try b.validated()).inputs.count == 1)
  }

  /// Everything at once: another name for each node, quantised activations between them.
  @Test func nodesBetweenAllOthers() throws {
    let a = try Self.network()
    let b = try Self.network(rename: { "q/" + $0 }) { builder in
      var graph = builder.graph
      var nodes: [Node] = []
      graph.initializers["scale"] = try Tensor([0.1] as [Float], shape: .scalar)
      graph.initializers["zero"] = try Tensor([0] as [Int8], shape: .scalar)
      for var node in graph.nodes {
        for (position, input) in node.inputs.enumerated() where graph.initializers[input] == nil {
          let name = "\(node.name)/\(position)"
          nodes.append(
            Node(
              name: "\(name)/q", id: OperatorID("QuantizeLinear"), opset: 17,
              inputs: [input, "scale", "zero"],
              outputs: ["\(name)/8"]))
          nodes.append(
            Node(
              name: "\(name)/d", id: OperatorID("DequantizeLinear"), opset: 17,
              inputs: ["\(name)/8", "scale", "zero"], outputs: ["\(name)/32"]))
          node.inputs[position] = "\(name)/32"
        }
        nodes.append(node)
      }
      graph.nodes = nodes
      builder = GraphBuilder(graph)
    }
    let difference = try Self.difference(a, b)
    #expect(difference.matched == 7, "\(difference.onlyFirst)")
    #expect(difference.weights.isEmpty && difference.rewired.isEmpty && difference.onlyFirst.isEmpty)
    #expect(Set(difference.onlySecond.map(\.operator)) == ["QuantizeLinear", "DequantizeLinear"])
  }

  @Test func bodies() throws {
    func graph(_ factor: Float) throws -> Graph {
      func branch(_ factor: Float) throws -> Graph {
        Graph(
          name: "branch", outputs: [.init(name: "out", type: .tensor(.float, .unknown))],
          nodes: [Node(name: "m", id: OperatorID("Mul"), opset: 17, inputs: ["x", "f"], outputs: ["out"])],
          initializers: ["f": try Tensor([factor])])
      }
      var builder = GraphBuilder()
      builder.input("x", [2])
      builder.input("c", [], .bool)
      builder.node(
        "If", ["c"], ["y"], ["then_branch": .graph(try branch(2)), "else_branch": .graph(try branch(factor))])
      builder.output("y")
      return try builder.graph.validated()
    }
    #expect(try Self.difference(graph(3), graph(3)).isSame)
    let difference = try Self.difference(graph(3), graph(4))
    #expect(difference.attributes.first?.changes.map(\.name) == ["else_branch"])
  }
}
