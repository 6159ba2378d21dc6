import Aviary
import Testing

/// The normal form of small graphs, each written down beside what it must become.
@Suite struct SketchTests {
  /// A graph of one picture input `x` (N x 3 x 8 x 8) and one output `y`.
  struct Builder {
    var graph: Graph

    init() {
      graph = Graph(
        inputs: [.init(name: "x", type: .tensor(.float, SymbolicShape([.symbol("n"), 3, 8, 8])))],
        outputs: [.init(name: "y", type: .tensor(.float, .unknown))])
    }

    mutating func node(
      _ type: String, _ inputs: [String], _ output: String, _ attributes: [String: AttributeValue] = [:]
    ) {
      graph.nodes.append(
        Node(id: OperatorID(type), opset: 17, inputs: inputs, outputs: [output], attributes: attributes))
    }

    mutating func constant(_ name: String, _ values: [Float], _ dims: [Int]) throws {
      graph.initializers[name] = try Tensor(values, shape: Shape(dims))
    }

    mutating func conv(_ input: String, _ output: String, _ weight: [Int], group: Int = 1) throws {
      try constant("w\(output)", [Float](repeating: 0, count: weight.reduce(1, *)), weight)
      let pad = Int64(weight[2] / 2)
      node(
        "Conv", [input, "w\(output)"], output,
        ["group": .int(Int64(group)), "pads": .ints([pad, pad, pad, pad])])
    }

    func sketch() throws -> NetworkSketch { NetworkSketch(try graph.validated()) }
  }

  @Test func activationsAreComposed() throws {
    var b = Builder()
    try b.conv("x", "c", [4, 3, 3, 3])
    b.node("Sigmoid", ["c"], "s")
    b.node("Mul", ["c", "s"], "silu")
    try b.conv("silu", "d", [4, 4, 1, 1])
    try b.constant("half", [0.5], [])
    try b.constant("one", [1], [])
    b.node("Erf", ["d"], "e")
    b.node("Add", ["e", "one"], "f")
    b.node("Mul", ["d", "f"], "g")
    b.node("Mul", ["g", "half"], "y")
    let blocks = try #require(try b.sketch().blocks)
    #expect(blocks.map(\.activations) == [["SiLU"], ["GELU"]])
    #expect(blocks.compactMap(\.convolution).map(\.kernel) == [[3, 3], [1, 1]])
    #expect(blocks[0].nodes == [0, 1, 2] && blocks[1].nodes == [3, 4, 5, 6, 7])
  }

  @Test func waysPartAndMeet() throws {
    var b = Builder()
    try b.conv("x", "stem", [4, 3, 3, 3])
    try b.conv("stem", "p", [4, 4, 3, 3])
    b.node("Relu", ["p"], "q")
    try b.conv("q", "r", [4, 4, 3, 3])
    b.node("Add", ["r", "stem"], "sum")
    b.node("GlobalAveragePool", ["sum"], "pool")
    try b.conv("pool", "squeeze", [2, 4, 1, 1])
    try b.conv("squeeze", "excite", [4, 2, 1, 1])
    b.node("Sigmoid", ["excite"], "gate")
    b.node("Mul", ["sum", "gate"], "y")
    let blocks = try #require(try b.sketch().blocks)
    #expect(blocks.count == 3)
    let residual = try #require(blocks[1].residual)
    #expect(residual.main.count == 2 && residual.shortcut.isEmpty)
    #expect(residual.main[0].activations == ["Relu"])
    #expect(blocks[2].channelGate?.count == 3)
    #expect(blocks[2].residual == nil && blocks[1].channelGate == nil)
  }

  @Test func whatOnlyMovesValuesIsLeftOut() throws {
    var b = Builder()
    try b.constant("mean", [0.5, 0.4, 0.3], [1, 3, 1, 1])
    try b.constant("scale", [0.5], [])
    b.node("Mul", ["x", "scale"], "m")
    b.node("Sub", ["m", "mean"], "n")
    b.node("Transpose", ["n"], "t", ["perm": .ints([0, 2, 3, 1])])
    b.node("Transpose", ["t"], "u", ["perm": .ints([0, 3, 1, 2])])
    try b.conv("u", "c", [4, 3, 3, 3])
    b.node("Identity", ["c"], "y")
    let sketch = try b.sketch()
    #expect(sketch.blocks?.count == 1)
    #expect(sketch.channels == 3 && sketch.size?.width == 8)
    let scaling = try #require(sketch.inputScaling)
    #expect(scaling.scale == [0.5])
    #expect(scaling.offset.map { Float($0) } == [-0.5, -0.4, -0.3])
  }

  @Test func tanglesAreRefused() throws {
    var b = Builder()
    try b.conv("x", "a", [4, 3, 1, 1])
    try b.conv("a", "b", [4, 4, 1, 1])
    try b.conv("b", "c", [4, 4, 1, 1])
    // a -> b -> c, with ways a -> c' and b -> c' that cross.
    b.node("Add", ["a", "c"], "d")
    b.node("Add", ["b", "d"], "y")
    let sketch = try b.sketch()
    #expect(sketch.blocks == nil && sketch.problem?.contains("branches cross each other") == true)
  }

  @Test func severalAnswersAreNoClassifier() throws {
    var b = Builder()
    try b.conv("x", "a", [4, 3, 1, 1])
    try b.conv("a", "y", [4, 4, 1, 1])
    try b.conv("a", "z", [4, 4, 1, 1])
    b.graph.outputs.append(.init(name: "z", type: .tensor(.float, .unknown)))
    #expect(try b.sketch().problem?.contains("2 outputs") == true)
  }
}
