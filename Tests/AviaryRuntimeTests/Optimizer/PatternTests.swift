import AviaryCore
import Testing

@testable import AviaryRuntime

/// Patterns of one value: the graph before and after, and that the numbers stay.
@Suite struct PatternTests {
  /// Operators left by a graph of `input` -> `y`, after checking that passes change no number.
  private func left(
    _ builder: GraphBuilder, _ dims: [Int] = [2, 5, 8], range: Float = 6, disabled: Set<String> = []
  ) throws -> [String: Int] {
    var builder = builder
    builder.output("y")
    let x = try randomTensor(dims, seed: 4)
    let scaled = try Tensor(try x.array(of: Float.self).map { $0 * 2 * range }, shape: x.shape)
    return operatorCounts(
      try expectPassesKeepResults(builder.graph, ["x": scaled], disabled: disabled, tolerance: 2e-6).graph)
  }

  private func start(_ dims: [Extent] = [.symbol("N"), 5, 8]) throws -> GraphBuilder {
    var builder = GraphBuilder()
    builder.input("x", dims)
    for (name, value) in [
      ("half", 0.5), ("one", 1), ("root2", Float(2).squareRoot()), ("inverse", 1 / Float(2).squareRoot()),
      ("cubic", 0.044715), ("slope", (2 / Float.pi).squareRoot()), ("three", 3), ("six", 6),
      ("sixth", 1 / 6), ("zero", 0), ("two", 2), ("epsilon", 1e-5), ("beta", 1.702),
    ] as [(String, Float)] {
      builder.constant(name, try Tensor([value], shape: .scalar))
    }
    return builder
  }

  // MARK: GELU

  /// How exporters order the factors of x, 1 + erf and 1/2.
  @Test(arguments: 0..<5) func exactGelu(form: Int) throws {
    var builder = try start()
    if form == 1 {
      builder.node("Mul", ["inverse", "x"], ["s"])
    } else {
      builder.node("Div", ["x", "root2"], ["s"])
    }
    builder.node("Erf", ["s"], ["e"])
    builder.node("Add", form == 2 ? ["one", "e"] : ["e", "one"], ["a"])
    switch form {
    case 0, 1:  // torch, TorchScript
      builder.node("Mul", ["x", "a"], ["m"])
      builder.node("Mul", ["m", "half"], ["y"])
    case 2:  // torch, dynamo
      builder.node("Mul", ["half", "a"], ["m"])
      builder.node("Mul", ["x", "m"], ["y"])
    case 3:  // Keras
      builder.node("Mul", ["x", "half"], ["h"])
      builder.node("Mul", ["h", "a"], ["y"])
    default:
      builder.node("Mul", ["a", "x"], ["m"])
      builder.node("Div", ["m", "two"], ["y"])
    }
    #expect(try left(builder) == ["Gelu": 1])
    #expect(try left(builder, disabled: ["gelu-fusion"])["Erf"] == 1)
  }

  @Test(arguments: 0..<4) func approximateGelu(form: Int) throws {
    var builder = try start()
    switch form {
    case 0:  // x + c x^3, with Pow
      builder.node("Pow", ["x", "three"], ["p"])
      builder.node("Mul", ["cubic", "p"], ["c"])
      builder.node("Add", ["x", "c"], ["s"])
      builder.node("Mul", ["slope", "s"], ["i"])
    case 1:  // x * (x * x)
      builder.node("Mul", ["x", "x"], ["p2"])
      builder.node("Mul", ["x", "p2"], ["p"])
      builder.node("Mul", ["cubic", "p"], ["c"])
      builder.node("Add", ["c", "x"], ["s"])
      builder.node("Mul", ["s", "slope"], ["i"])
    case 2:  // (c x) x x
      builder.node("Mul", ["x", "cubic"], ["p1"])
      builder.node("Mul", ["p1", "x"], ["p2"])
      builder.node("Mul", ["p2", "x"], ["c"])
      builder.node("Add", ["x", "c"], ["s"])
      builder.node("Mul", ["slope", "s"], ["i"])
    default:  // slope x (1 + c x^2)
      builder.node("Mul", ["x", "x"], ["p2"])
      builder.node("Mul", ["p2", "cubic"], ["c"])
      builder.node("Add", ["c", "one"], ["s"])
      builder.node("Mul", ["x", "slope"], ["l"])
      builder.node("Mul", ["l", "s"], ["i"])
    }
    builder.node("Tanh", ["i"], ["t"])
    builder.node("Add", ["one", "t"], ["a"])
    builder.node("Mul", ["half", "a"], ["m"])
    builder.node("Mul", ["x", "m"], ["y"])
    #expect(try left(builder) == ["Gelu": 1])
  }

  @Test func almostGeluStaysAndSaysWhy() throws {
    var builder = try start()
    builder.node("Div", ["x", "root2"], ["s"])
    builder.node("Erf", ["s"], ["e"])
    builder.node("Add", ["e", "one"], ["a"])
    builder.node("Mul", ["x", "a"], ["y"])
    builder.output("y")
    let session = try expectPassesKeepResults(builder.graph, ["x": try randomTensor([1, 5, 8], seed: 1)])
    #expect(operatorCounts(session.graph)["Erf"] == 1)
    let report = try #require(session.passReports.first { $0.pass == "gelu-fusion" })
    #expect(report.changes.isEmpty && report.leftovers.count == 1)
  }

  @Test(arguments: ["none", "tanh"]) func geluJoinsTheProductBeforeIt(form: String) throws {
    var builder = try start()
    try builder.weights("w", [8, 6])
    try builder.weights("b", [6])
    builder.node("MatMul", ["x", "w"], ["p"])
    builder.node("Add", ["b", "p"], ["q"])
    builder.node("Gelu", ["q"], ["y"], ["approximate": .string(form)], opset: 20)
    #expect(try left(builder) == ["aviary.MatMul": 1])
  }

  // MARK: Gates

  @Test func sigmoidGates() throws {
    var builder = try start()
    builder.node("Sigmoid", ["x"], ["s"])
    builder.node("Mul", ["x", "s"], ["y"])
    #expect(try left(builder) == ["Swish": 1])
    builder = try start()
    builder.node("Mul", ["x", "beta"], ["i"])
    builder.node("Sigmoid", ["i"], ["s"])
    builder.node("Mul", ["s", "x"], ["y"])
    #expect(try left(builder) == ["Swish": 1])
  }

  @Test func swishJoinsTheProductBeforeIt() throws {
    var builder = try start()
    try builder.weights("w", [8, 6])
    builder.node("MatMul", ["x", "w"], ["p"])
    builder.node("Sigmoid", ["p"], ["s"])
    builder.node("Mul", ["p", "s"], ["y"])
    #expect(try left(builder) == ["aviary.MatMul": 1])
  }

  @Test(arguments: 0..<4) func hardSwish(form: Int) throws {
    var builder = try start()
    if form < 3 {
      builder.node("Add", ["x", "three"], ["a"])
      builder.node("Clip", ["a", "zero", "six"], ["c"])
    }
    switch form {
    case 0:
      builder.node("Div", ["c", "six"], ["g"])
      builder.node("Mul", ["x", "g"], ["y"])
    case 1:
      builder.node("Mul", ["x", "c"], ["m"])
      builder.node("Div", ["m", "six"], ["y"])
    case 2:
      builder.node("Mul", ["c", "sixth"], ["g"])
      builder.node("Mul", ["g", "x"], ["y"])
    default:
      builder.node("HardSigmoid", ["x"], ["g"], ["alpha": .float(1 / 6)])
      builder.node("Mul", ["g", "x"], ["y"])
    }
    #expect(try left(builder) == ["HardSwish": 1])
  }

  @Test func hardSigmoidAlone() throws {
    var builder = try start()
    builder.node("Add", ["x", "three"], ["a"])
    builder.node("Clip", ["a", "zero", "six"], ["c"])
    builder.node("Div", ["c", "six"], ["y"])
    #expect(try left(builder) == ["HardSigmoid": 1])
  }

  @Test func aGateThatIsReadElsewhereStays() throws {
    var builder = try start()
    builder.node("Sigmoid", ["x"], ["s"])
    builder.node("Mul", ["x", "s"], ["m"])
    builder.node("Add", ["m", "s"], ["y"])
    #expect(try left(builder) == ["Sigmoid": 1, "Mul": 1, "Add": 1])
  }

  // MARK: Normalisation

  /// PyTorch's form before opset 17 and variants of it.
  @Test(arguments: 0..<5) func layerNormalization(form: Int) throws {
    var builder = try start()
    try builder.weights("gamma", [8])
    try builder.weights("offset", form == 2 ? [1, 1, 8] : [8])
    builder.node("ReduceMean", ["x"], ["mean"], ["axes": .ints([form == 3 ? 2 : -1])], opset: 13)
    builder.node("Sub", ["x", "mean"], ["d"])
    if form == 1 || form == 4 {
      builder.node("Mul", ["d", "d"], ["d2"])
    } else {
      builder.node("Pow", ["d", "two"], ["d2"])
    }
    builder.node("ReduceMean", ["d2"], ["v"], ["axes": .ints([-1])], opset: 13)
    builder.node("Add", ["v", "epsilon"], ["ve"])
    builder.node("Sqrt", ["ve"], ["root"])
    if form == 1 {
      builder.node("Reciprocal", ["root"], ["r"])
      builder.node("Mul", ["d", "r"], ["n"])
    } else {
      builder.node("Div", ["d", "root"], ["n"])
    }
    if form == 4 {
      builder.node("Relu", ["n"], ["y"])
      #expect(try left(builder) == ["LayerNormalization": 1, "Relu": 1])
      return
    }
    builder.node("Mul", ["n", "gamma"], ["g"])
    builder.node("Add", ["g", "offset"], ["y"])
    #expect(try left(builder) == ["LayerNormalization": 1])
  }

  @Test func kerasLayerNormalization() throws {
    var builder = try start()
    try builder.weights("gamma", [8])
    try builder.weights("offset", [8])
    builder.node("ReduceMean", ["x"], ["mean"], ["axes": .ints([2])], opset: 13)
    builder.node("Sub", ["x", "mean"], ["d"])
    builder.node("Mul", ["d", "d"], ["d2"])
    builder.node("ReduceMean", ["d2"], ["v"], ["axes": .ints([2])], opset: 13)
    builder.node("Add", ["v", "epsilon"], ["ve"])
    builder.node("Sqrt", ["ve"], ["root"])
    builder.node("Reciprocal", ["root"], ["r"])
    builder.node("Mul", ["r", "gamma"], ["m"])
    builder.node("Mul", ["x", "m"], ["xm"])
    builder.node("Mul", ["mean", "m"], ["mm"])
    builder.node("Sub", ["offset", "mm"], ["o"])
    builder.node("Add", ["xm", "o"], ["y"])
    #expect(try left(builder) == ["LayerNormalization": 1])
  }

  @Test func rootMeanSquareNormalization() throws {
    var builder = try start()
    try builder.weights("gamma", [8])
    builder.node("Pow", ["x", "two"], ["d2"])
    builder.node("ReduceMean", ["d2"], ["v"], ["axes": .ints([-1])], opset: 13)
    builder.node("Add", ["v", "epsilon"], ["ve"])
    builder.node("Sqrt", ["ve"], ["root"])
    builder.node("Div", ["one", "root"], ["r"])
    builder.node("Mul", ["x", "r"], ["n"])
    builder.node("Mul", ["gamma", "n"], ["y"])
    #expect(try left(builder) == ["RMSNormalization": 1])
  }

  @Test func normalizationOverOtherAxesStays() throws {
    var builder = try start()
    builder.node("ReduceMean", ["x"], ["mean"], ["axes": .ints([1])], opset: 13)
    builder.node("Sub", ["x", "mean"], ["d"])
    builder.node("Mul", ["d", "d"], ["d2"])
    builder.node("ReduceMean", ["d2"], ["v"], ["axes": .ints([1])], opset: 13)
    builder.node("Add", ["v", "epsilon"], ["ve"])
    builder.node("Sqrt", ["ve"], ["root"])
    builder.node("Div", ["d", "root"], ["y"])
    #expect(try left(builder)["Sqrt"] == 1)
  }

  // MARK: Pools and shapes

  @Test func squeezeAndExcitation() throws {
    var builder = try start([.symbol("N"), 4, 6, 6])
    try builder.weights("w1", [2, 4, 1, 1])
    try builder.weights("w2", [4, 2, 1, 1])
    builder.node("ReduceMean", ["x"], ["p"], ["axes": .ints([-1, -2])], opset: 13)
    builder.node("Conv", ["p", "w1"], ["a"])
    builder.node("Sigmoid", ["a"], ["s"])
    builder.node("Mul", ["a", "s"], ["b"])
    builder.node("Conv", ["b", "w2"], ["c"])
    builder.node("Sigmoid", ["c"], ["g"])
    builder.node("Mul", ["g", "x"], ["y"])
    #expect(
      try left(builder, [2, 4, 6, 6], range: 1, disabled: ["layout-assignment"])
        == ["GlobalAveragePool": 1, "aviary.Conv": 2, "Mul": 1])
  }

  @Test func spatialMeanWithoutKeptAxes() throws {
    var builder = try start([.symbol("N"), 4, 6, 6])
    builder.node("ReduceMean", ["x"], ["y"], ["axes": .ints([2, 3]), "keepdims": .int(0)], opset: 13)
    #expect(try left(builder, [2, 4, 6, 6]) == ["GlobalAveragePool": 1, "Flatten": 1])
  }

  @Test func reshapeTargetsFromShapes() throws {
    var builder = try start()
    builder.constant("i0", try Tensor([0] as [Int64], shape: .scalar))
    builder.constant("i1", try Tensor([1] as [Int64], shape: .scalar))
    builder.constant("axis0", try Tensor([0] as [Int64]))
    builder.constant("tail", try Tensor([2, 4] as [Int64]))
    builder.node("Relu", ["x"], ["r"])
    builder.node("Shape", ["r"], ["shape"])
    builder.node("Gather", ["shape", "i0"], ["n"])
    builder.node("Gather", ["shape", "i1"], ["t"])
    builder.node("Unsqueeze", ["n", "axis0"], ["n1"])
    builder.node("Unsqueeze", ["t", "axis0"], ["t1"])
    builder.node("Concat", ["n1", "t1", "tail"], ["target"], ["axis": .int(0)])
    builder.node("Reshape", ["r", "target"], ["y"])
    #expect(try left(builder) == ["Relu": 1, "Reshape": 1])
  }
}
