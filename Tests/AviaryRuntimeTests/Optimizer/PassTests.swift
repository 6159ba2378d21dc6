import AviaryCore
import Testing

@testable import AviaryRuntime

/// One pass at a time: the graph before and after, and that the numbers stay.
@Suite struct PassTests {
  /// Convolutions stay what the pass under test makes of them.
  private let plainLayout: Set<String> = ["layout-assignment"]

  // MARK: Constants and no-ops

  @Test func shapeSubgraphsBecomeConstants() throws {
    var builder = GraphBuilder()
    builder.input("x", [2, 3, 4])
    builder.node("Shape", ["x"], ["shape"])
    builder.constant("zero", try Tensor([0] as [Int64]))
    builder.constant("rest", try Tensor([-1] as [Int64]))
    builder.node("Gather", ["shape", "zero"], ["batch"])
    builder.node("Concat", ["batch", "rest"], ["target"], ["axis": .int(0)])
    builder.node("Reshape", ["x", "target"], ["y"])
    builder.output("y")
    let session = try expectPassesKeepResults(builder.graph, ["x": try randomTensor([2, 3, 4], seed: 1)])
    #expect(operatorCounts(session.graph) == ["Reshape": 1])
  }

  @Test func shapeSubgraphsOfDynamicInputsAreFoldedInThePlan() throws {
    var builder = GraphBuilder()
    builder.input("x", [.symbol("N"), 3, 4])
    builder.node("Shape", ["x"], ["shape"])
    builder.constant("zero", try Tensor([0] as [Int64]))
    builder.constant("rest", try Tensor([-1] as [Int64]))
    builder.node("Gather", ["shape", "zero"], ["batch"])
    builder.node("Concat", ["batch", "rest"], ["target"], ["axis": .int(0)])
    builder.node("Reshape", ["x", "target"], ["r"])
    builder.node("Relu", ["r"], ["y"])
    builder.output("y")
    let session = try expectPassesKeepResults(builder.graph, ["x": try randomTensor([5, 3, 4], seed: 1)],
      disabled: ["reshape-targets"])
    #expect(session.graph.nodes.count == 5)
    let plan = try session.plan(
      for: [session.program.inputs[0]: .tensor(.float, SymbolicShape(known: [5, 3, 4]))])
    #expect(plan.steps.map { session.program.steps[$0.index].node.id.name } == ["Reshape", "Relu"])
  }

  @Test func weightsBehindCastBecomeConstants() throws {
    var builder = GraphBuilder()
    builder.input("x", [1, 2])
    builder.constant("half", try Tensor([1, 2, 3, 4] as [Float16], shape: try Shape([2, 2])))
    builder.node("Cast", ["half"], ["w"], ["to": .int(1)])
    builder.node("MatMul", ["x", "w"], ["y"])
    builder.output("y")
    let session = try expectPassesKeepResults(builder.graph, ["x": try randomTensor([1, 2], seed: 1)])
    #expect(operatorCounts(session.graph) == ["MatMul": 1])
  }

  @Test func nodesThatDoNothingGo() throws {
    var builder = GraphBuilder()
    builder.input("x", [.symbol("N"), 1, 6])
    builder.node("Identity", ["x"], ["a"])
    builder.node("Dropout", ["a"], ["b"])
    builder.node("Cast", ["b"], ["c"], ["to": .int(1)])
    builder.node("Transpose", ["c"], ["d"], ["perm": .ints([0, 1, 2])])
    builder.constant("pads", try Tensor([0, 0, 0, 0, 0, 0] as [Int64]))
    builder.node("Pad", ["d", "pads"], ["e"])
    builder.node("Concat", ["e"], ["f"], ["axis": .int(1)])
    builder.node("Relu", ["f"], ["g"])
    builder.node("Identity", ["g"], ["y"])
    builder.output("y")
    let session = try expectPassesKeepResults(builder.graph, ["x": try randomTensor([2, 1, 6], seed: 1)])
    #expect(operatorCounts(session.graph) == ["Relu": 1])
    #expect(session.graph.nodes[0].outputs == ["y"])
  }

  // MARK: Pads

  /// A padded value and what reads it.
  private func padded(
    _ pads: [Int64], value: Float? = nil, axes: [Int64]? = nil, mode: String? = nil, opset: Int = 17,
    _ reader: (inout GraphBuilder) throws -> Void
  ) throws -> Graph {
    var builder = GraphBuilder()
    builder.input("x", [.symbol("N"), 3, 9, 9])
    builder.constant("pads", try Tensor(pads))
    var inputs = ["x", "pads"]
    if let value {
      builder.constant("value", try Tensor([value], shape: .scalar))
      inputs.append("value")
    }
    if let axes {
      builder.constant("axes", try Tensor(axes))
      inputs += value == nil ? ["", "axes"] : ["axes"]
    }
    builder.node("Pad", inputs, ["padded"], mode.map { ["mode": .string($0)] } ?? [:], opset: opset)
    try reader(&builder)
    return builder.graph
  }

  private func convolution(_ attributes: [String: AttributeValue]) -> (inout GraphBuilder) throws -> Void {
    { builder in
      try builder.weights("w", [4, 3, 3, 3])
      builder.node("Conv", ["padded", "w"], ["y"], attributes)
      builder.output("y")
    }
  }

  @Test func padsBecomePaddingOfConvolutions() throws {
    let input = try randomTensor([2, 3, 9, 9], seed: 4)
    let cases: [(Graph, [Int64])] = [
      // TensorFlow's padding of an even image with stride 2: more at the end.
      (try padded([0, 0, 0, 0, 0, 0, 1, 1], convolution(["strides": .ints([2, 2])])), [0, 0, 1, 1]),
      (try padded([0, 0, 1, 2, 0, 0, 3, 0], value: 0, convolution(["pads": .ints([1, 1, 1, 1])])), [2, 3, 4, 1]),
      (try padded([1, 2], axes: [-1], opset: 18, convolution(["auto_pad": .string("VALID")])), [0, 1, 0, 2]),
      (try padded([2, 2, 1, 1], value: 0, axes: [3, 2], opset: 18, convolution(["dilations": .ints([2, 2])])), [2, 2, 1, 1]),
    ]
    for (graph, pads) in cases {
      let session = try expectPassesKeepResults(graph, ["x": input], disabled: plainLayout)
      #expect(!operatorCounts(session.graph).keys.contains("Pad"))
      #expect(session.graph.nodes[0].ints("pads")?.map { Int64($0) } == pads)
      try expectPassesKeepResults(graph, ["x": input], tolerance: 1e-4)
    }
  }

  @Test func padsWithSeveralReaders() throws {
    let input = try randomTensor([2, 3, 9, 9], seed: 4)
    let both = try padded([0, 0, 1, 1, 0, 0, 1, 1]) { builder in
      try builder.weights("w", [4, 3, 3, 3])
      builder.node("Conv", ["padded", "w"], ["a"])
      builder.node(
        "AveragePool", ["padded"], ["b"], ["kernel_shape": .ints([3, 3]), "strides": .ints([2, 2])])
      builder.output("a")
      builder.output("b")
    }
    let session = try expectPassesKeepResults(both, ["x": input], disabled: plainLayout)
    #expect(operatorCounts(session.graph)["Pad"] == nil)
    let other = try padded([0, 0, 1, 1, 0, 0, 1, 1]) { builder in
      try builder.weights("w", [4, 3, 3, 3])
      builder.node("Conv", ["padded", "w"], ["a"])
      builder.node("Relu", ["padded"], ["b"])
      builder.output("a")
      builder.output("b")
    }
    let kept = try expectPassesKeepResults(other, ["x": input], disabled: plainLayout)
    #expect(operatorCounts(kept.graph)["Pad"] == 1)
    #expect(kept.passReports.first { $0.pass == "pad-folding" }?.leftovers.first?.contains("cannot pad") == true)
  }

  /// Whatever is not a border of zeros around the image stays.
  @Test func otherPadsStay() throws {
    let input = try randomTensor([2, 3, 9, 9], seed: 4)
    let max: (inout GraphBuilder) throws -> Void = { builder in
      builder.node("MaxPool", ["padded"], ["y"], ["kernel_shape": .ints([3, 3])])
      builder.output("y")
    }
    let channels: (inout GraphBuilder) throws -> Void = { builder in
      try builder.weights("w", [4, 4, 3, 3])
      builder.node("Conv", ["padded", "w"], ["y"])
      builder.output("y")
    }
    let border: [Int64] = [0, 0, 1, 1, 0, 0, 1, 1]
    for graph in [
      try padded(border, value: 0.5, convolution([:])), try padded(border, mode: "reflect", convolution([:])),
      try padded(border, mode: "edge", convolution([:])), try padded([0, 0, -1, 0, 0, 0, 1, 1], convolution([:])),
      try padded(border, convolution(["auto_pad": .string("SAME_UPPER")])), try padded(border, max),
      try padded([0, 1, 0, 0, 0, 0, 0, 0], channels),
    ] {
      let session = try expectPassesKeepResults(graph, ["x": input], disabled: plainLayout)
      #expect(operatorCounts(session.graph)["Pad"] == 1)
    }
  }

  @Test func aGraphThatOnlyHandsOnItsInputStaysValid() throws {
    var builder = GraphBuilder()
    builder.input("x", [3])
    builder.node("Identity", ["x"], ["y"])
    builder.node("Identity", ["x"], ["z"])
    builder.output("y")
    builder.output("z")
    try expectPassesKeepResults(builder.graph, ["x": try randomTensor([3], seed: 1)])
  }

  @Test func trainingDropoutStays() throws {
    var builder = GraphBuilder()
    builder.input("x", [3])
    builder.input("training", [], .bool)
    builder.constant("ratio", try Tensor(scalar: Float(0.5)))
    builder.node("Dropout", ["x", "ratio", "training"], ["y"])
    builder.output("y")
    #expect(operatorCounts(try Session(graph: builder.graph).graph) == ["Dropout": 1])
  }

  // MARK: BatchNorm and constants into weights

  @Test(arguments: ["Conv", "ConvTranspose"], [1, 2])
  func batchNormGoesIntoConvolutions(type: String, group: Int) throws {
    var builder = GraphBuilder()
    builder.input("x", [.symbol("N"), 4, 6, 6])
    // Conv: [out, in / group, ...]; ConvTranspose: [in, out / group, ...].
    try builder.weights("w", type == "Conv" ? [6, 4 / group, 3, 3] : [4, 6 / group, 3, 3])
    try builder.weights("b", [6])
    builder.node(type, ["x", "w", "b"], ["c"], ["group": .int(Int64(group))])
    let y = try builder.batchNorm("c", 6, name: "bn")
    builder.output(y)
    let session = try expectPassesKeepResults(
      builder.graph, ["x": try randomTensor([2, 4, 6, 6], seed: 2)], disabled: plainLayout)
    #expect(operatorCounts(session.graph) == [type: 1])
  }

  @Test func factorsAndOffsetsGoIntoGemm() throws {
    for transB in [0, 1] {
      var builder = GraphBuilder()
      builder.input("x", [.symbol("N"), 5])
      try builder.weights("w", transB == 1 ? [3, 5] : [5, 3])
      try builder.weights("s", [3])
      try builder.weights("t", [1, 3])
      builder.node("Gemm", ["x", "w"], ["g"], ["transB": .int(Int64(transB))])
      builder.node("Mul", ["s", "g"], ["m"])
      builder.node("Sub", ["t", "m"], ["y"])
      builder.output("y")
      let session = try expectPassesKeepResults(builder.graph, ["x": try randomTensor([4, 5], seed: 2)])
      #expect(operatorCounts(session.graph) == ["Gemm": 1])
    }
  }

  @Test func aValueThatSomebodyElseReadsIsNotFolded() throws {
    var builder = GraphBuilder()
    builder.input("x", [1, 2, 5, 5])
    let y = try builder.convNorm("x", (2, 3), kernel: 3, name: "a")
    builder.output(y)
    builder.output("a.conv")
    let session = try expectPassesKeepResults(
      builder.graph, ["x": try randomTensor([1, 2, 5, 5], seed: 2)], disabled: plainLayout)
    #expect(operatorCounts(session.graph) == ["Conv": 1, "BatchNormalization": 1])
  }

  @Test func aConstantAlongTheWidthIsNotTakenForChannels() throws {
    var builder = GraphBuilder()
    builder.input("x", [1, 2, 3, 3])
    try builder.weights("w", [3, 2, 1, 1])
    try builder.weights("s", [3])
    builder.node("Conv", ["x", "w"], ["c"])
    builder.node("Mul", ["c", "s"], ["y"])
    builder.output("y")
    let session = try expectPassesKeepResults(
      builder.graph, ["x": try randomTensor([1, 2, 3, 3], seed: 2)], disabled: plainLayout)
    #expect(operatorCounts(session.graph) == ["Conv": 1, "Mul": 1])
  }

  // MARK: Activations and residuals

  @Test(arguments: [
    ("Relu", [:]), ("LeakyRelu", ["alpha": .float(0.2)]), ("Sigmoid", [:]), ("Tanh", [:]),
    ("Elu", ["alpha": .float(0.7)]), ("HardSigmoid", ["alpha": .float(0.3), "beta": .float(0.4)]),
    ("HardSwish", [:]),
  ] as [(String, [String: AttributeValue])])
  func activationsJoinTheConvolution(type: String, attributes: [String: AttributeValue]) throws {
    for producer in ["Conv", "Gemm", "MatMul"] {
      var builder = GraphBuilder()
      if producer == "Conv" {
        builder.input("x", [1, 3, 7, 7])
        try builder.weights("w", [4, 3, 3, 3])
      } else {
        builder.input("x", [7, 3])
        try builder.weights("w", [3, 9])
      }
      builder.node(producer, ["x", "w"], ["p"])
      builder.node(type, ["p"], ["y"], attributes)
      builder.output("y")
      let x = try randomTensor(producer == "Conv" ? [1, 3, 7, 7] : [7, 3], seed: 4)
      let session = try expectPassesKeepResults(builder.graph, ["x": x], disabled: plainLayout)
      #expect(operatorCounts(session.graph) == ["aviary.\(producer)": 1])
    }
  }

  @Test func gatesBecomeSiluAndHardSwish() throws {
    for (gate, attributes) in [
      ("Sigmoid", [:]), ("HardSigmoid", ["alpha": .float(1.0 / 6), "beta": .float(0.5)]),
    ] as [(String, [String: AttributeValue])] {
      var builder = GraphBuilder()
      builder.input("x", [1, 3, 7, 7])
      try builder.weights("w", [4, 3, 3, 3])
      builder.node("Conv", ["x", "w"], ["c"])
      builder.node(gate, ["c"], ["g"], attributes)
      builder.node("Mul", ["g", "c"], ["y"])
      builder.output("y")
      let session = try expectPassesKeepResults(
        builder.graph, ["x": try randomTensor([1, 3, 7, 7], seed: 4)], disabled: plainLayout)
      #expect(operatorCounts(session.graph) == ["aviary.Conv": 1])
    }
  }

  @Test func clipWithConstantBoundsJoins() throws {
    var builder = GraphBuilder()
    builder.input("x", [1, 3, 7, 7])
    try builder.weights("w", [4, 3, 3, 3])
    builder.constant("low", try Tensor(scalar: Float(0)))
    builder.constant("high", try Tensor(scalar: Float(0.1)))
    builder.node("Conv", ["x", "w"], ["c"])
    builder.node("Clip", ["c", "low", "high"], ["y"])
    builder.output("y")
    let session = try expectPassesKeepResults(
      builder.graph, ["x": try randomTensor([1, 3, 7, 7], seed: 4)], disabled: plainLayout)
    #expect(operatorCounts(session.graph) == ["aviary.Conv": 1])
  }

  @Test func aBroadcastAddIsNoResidual() throws {
    var builder = GraphBuilder()
    builder.input("x", [2, 3, 5, 5])
    builder.input("r", [2, 4, 1, 1])
    try builder.weights("w", [4, 3, 3, 3])
    builder.node("Conv", ["x", "w"], ["c"])
    builder.node("Add", ["c", "r"], ["y"])
    builder.output("y")
    let inputs = ["x": try randomTensor([2, 3, 5, 5], seed: 4), "r": try randomTensor([2, 4, 1, 1], seed: 5)]
    let session = try expectPassesKeepResults(builder.graph, inputs, disabled: plainLayout)
    #expect(operatorCounts(session.graph) == ["Conv": 1, "Add": 1])
  }

  // MARK: Transposes

  @Test func transposesMovePastWhateverHasAxes() throws {
    var builder = GraphBuilder()
    builder.input("x", [2, 3, 4, 5])
    builder.input("z", [2, 3, 4, 5])
    for name in ["x", "z"] { builder.node("Transpose", [name], ["\(name)t"], ["perm": .ints([0, 2, 3, 1])]) }
    builder.node("Concat", ["xt", "zt"], ["c"], ["axis": .int(-1)])
    try builder.weights("per", [6])
    builder.node("Mul", ["c", "per"], ["m"])
    builder.node("Softmax", ["m"], ["s"], ["axis": .int(3)])
    builder.constant("pads", try Tensor([0, 1, 0, 2, 0, 0, 3, 0] as [Int64]))
    builder.node("Pad", ["s", "pads"], ["p"])
    builder.node("ReduceMean", ["p"], ["r"], ["axes": .ints([1, 2]), "keepdims": .int(0)])
    builder.node("Exp", ["r"], ["y"])
    builder.output("y")
    let inputs = ["x": try randomTensor([2, 3, 4, 5], seed: 4), "z": try randomTensor([2, 3, 4, 5], seed: 5)]
    let session = try expectPassesKeepResults(builder.graph, inputs)
    #expect(operatorCounts(session.graph)["Transpose"] == nil)
  }

  @Test func aTransposeOfExtentOneBecomesAReshape() throws {
    var builder = GraphBuilder()
    builder.input("x", [.symbol("N"), 6, 6, 1])
    builder.node("Transpose", ["x"], ["t"], ["perm": .ints([0, 3, 1, 2])])
    builder.node("Relu", ["t"], ["y"])
    builder.output("y")
    let session = try expectPassesKeepResults(builder.graph, ["x": try randomTensor([3, 6, 6, 1], seed: 4)])
    #expect(operatorCounts(session.graph) == ["Reshape": 1, "Relu": 1])
  }
}
