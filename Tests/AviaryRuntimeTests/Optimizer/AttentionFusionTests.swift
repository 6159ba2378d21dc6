import AviaryCore
import Testing

@testable import AviaryRuntime

/// Attention as exporters write it: the graph that is left, and that the numbers stay.
@Suite struct AttentionFusionTests {
  private static let heads = 3
  private static let size = 4
  private static let width = 12

  /// One projection of `x` with its bias.
  private static func project(
    _ builder: inout GraphBuilder, _ x: String, _ name: String, width: Int = width
  ) throws {
    try builder.weights("\(name).w", [Self.width, width])
    try builder.weights("\(name).b", [width])
    builder.node("MatMul", [x, "\(name).w"], ["\(name).product"])
    builder.node("Add", ["\(name).b", "\(name).product"], [name])
  }

  private static func constants(_ builder: inout GraphBuilder) throws {
    builder.constant("axis0", try Tensor([0] as [Int64]))
    builder.constant("zero", try Tensor([0] as [Int64], shape: .scalar))
    builder.constant("first", try Tensor([0] as [Int64], shape: .scalar))
    builder.constant("second", try Tensor([1] as [Int64], shape: .scalar))
    builder.constant("third", try Tensor([2] as [Int64], shape: .scalar))
    builder.constant("scale", try Tensor([0.5] as [Float], shape: .scalar))
    builder.constant("root", try Tensor([Float(0.5).squareRoot()]))
    builder.constant("two", try Tensor([2] as [Float], shape: .scalar))
  }

  private func expectFused(
    _ builder: GraphBuilder, _ inputs: [String: Tensor], left: [String: Int]
  ) throws {
    var builder = builder
    builder.output("y")
    let session = try expectPassesKeepResults(builder.graph, inputs, tolerance: 2e-6)
    #expect(operatorCounts(session.graph) == left)
    let plain = try expectPassesKeepResults(
      builder.graph, inputs, disabled: ["attention-fusion"], tolerance: 2e-6)
    #expect(operatorCounts(plain.graph)["Softmax"] == 1)
  }

  private static func tail(_ builder: inout GraphBuilder, _ product: String, _ target: [Int64]) throws {
    builder.node("Transpose", [product], ["heads"], ["perm": .ints([0, 2, 1, 3])])
    builder.constant("flat", try Tensor(target))
    builder.node("Reshape", ["heads", "flat"], ["y"])
  }

  /// How timm and torch take queries, keys and values out of one projection.
  enum Packing: CaseIterable { case split, slice, gather }

  @Test(arguments: Packing.allCases, [true, false]) func packedProjection(
    packing: Packing, isDynamic: Bool
  ) throws {
    var builder = GraphBuilder()
    try Self.constants(&builder)
    builder.input("x", [isDynamic ? .symbol("N") : 2, 5, .known(Self.width)])
    try Self.project(&builder, "x", "qkv", width: 3 * Self.width)
    if isDynamic {
      builder.constant("tail5", try Tensor([5, 3, Int64(Self.heads), Int64(Self.size)]))
      builder.node("Shape", ["qkv"], ["shape"])
      builder.node("Gather", ["shape", "zero"], ["n"])
      builder.node("Unsqueeze", ["n", "axis0"], ["n1"])
      builder.node("Concat", ["n1", "tail5"], ["target"], ["axis": .int(0)])
    } else {
      builder.constant("target", try Tensor([2, 5, 3, Int64(Self.heads), Int64(Self.size)]))
    }
    builder.node("Reshape", ["qkv", "target"], ["r"])
    builder.node("Transpose", ["r"], ["t"], ["perm": .ints([2, 0, 3, 1, 4])])
    let parts = ["q", "k", "v"]
    switch packing {
    case .split:
      builder.constant("ones", try Tensor([1, 1, 1] as [Int64]))
      builder.node("Split", ["t", "ones"], parts.map { $0 + "1" }, ["axis": .int(0)])
      for part in parts { builder.node("Squeeze", [part + "1", "axis0"], [part]) }
    case .slice:
      for (index, part) in parts.enumerated() {
        builder.constant("s\(index)", try Tensor([Int64(index)]))
        builder.constant("e\(index)", try Tensor([Int64(index + 1)]))
        builder.node("Slice", ["t", "s\(index)", "e\(index)", "axis0"], [part + "1"])
        builder.node("Squeeze", [part + "1", "axis0"], [part])
      }
    case .gather:
      for (index, part) in zip(["first", "second", "third"], parts) {
        builder.node("Gather", ["t", index], [part], ["axis": .int(0)])
      }
    }
    builder.node("Mul", ["q", "scale"], ["qs"])
    builder.node("Transpose", ["k"], ["kt"], ["perm": .ints([0, 1, 3, 2])])
    builder.node("MatMul", ["qs", "kt"], ["scores"])
    builder.node("Softmax", ["scores"], ["p"], ["axis": .int(-1)])
    builder.node("MatMul", ["p", "v"], ["o"])
    try Self.tail(&builder, "o", [isDynamic ? -1 : 2, 5, Int64(Self.width)])
    try expectFused(
      builder, ["x": try randomTensor([2, 5, Self.width], seed: 2)],
      left: ["aviary.MatMul": 1, "aviary.Attention": 1])
  }

  /// Separate projections, a scale on the scores, and masks of several shapes; other keys than queries.
  @Test(arguments: [nil, [7], [5, 7], [2, 1, 1, 7], [2, 3, 5, 7]] as [[Int]?])
  func separateProjections(mask: [Int]?) throws {
    var builder = GraphBuilder()
    try Self.constants(&builder)
    builder.input("x", [2, 5, .known(Self.width)])
    builder.input("z", [2, 7, .known(Self.width)])
    for (name, source, length) in [("q", "x", 5), ("k", "z", 7), ("v", "z", 7)] as [(String, String, Int64)] {
      try Self.project(&builder, source, name)
      builder.constant("\(name).target", try Tensor([2, length, Int64(Self.heads), Int64(Self.size)]))
      builder.node("Reshape", [name, "\(name).target"], ["\(name).r"])
      let perm: [Int64] = name == "k" ? [0, 2, 3, 1] : [0, 2, 1, 3]
      builder.node("Transpose", ["\(name).r"], ["\(name).t"], ["perm": .ints(perm)])
    }
    builder.node("MatMul", ["q.t", "k.t"], ["scores"])
    builder.node("Div", ["scores", "two"], ["scaled"])
    var inputs = [
      "x": try randomTensor([2, 5, Self.width], seed: 2), "z": try randomTensor([2, 7, Self.width], seed: 3),
    ]
    if let mask {
      builder.input("mask", mask.map { .known($0) })
      inputs["mask"] = try randomTensor(mask, seed: 4)
      builder.node("Add", ["scaled", "mask"], ["masked"])
    }
    builder.node("Softmax", [mask == nil ? "scaled" : "masked"], ["p"], ["axis": .int(3)])
    builder.node("MatMul", ["p", "v.t"], ["o"])
    try Self.tail(&builder, "o", [2, 5, Int64(Self.width)])
    try expectFused(builder, inputs, left: ["aviary.MatMul": 3, "aviary.Attention": 1])
  }

  /// torch.nn.MultiheadAttention: the sequence first, batch and heads as one axis, scaled on both sides.
  @Test func sequenceFirst() throws {
    var builder = GraphBuilder()
    try Self.constants(&builder)
    builder.input("x", [5, 2, .known(Self.width)])
    try Self.project(&builder, "x", "qkv", width: 3 * Self.width)
    builder.constant("t4", try Tensor([5, 2, 3, Int64(Self.width)]))
    builder.constant("merged", try Tensor([5, Int64(2 * Self.heads), Int64(Self.size)]))
    builder.constant("apart", try Tensor([2, Int64(Self.heads), 5, Int64(Self.size)]))
    builder.constant("minus2", try Tensor([-2] as [Int64]))
    builder.node("Reshape", ["qkv", "t4"], ["r"])
    builder.node("Unsqueeze", ["r", "axis0"], ["u"])
    builder.node("Transpose", ["u"], ["t"], ["perm": .ints([3, 1, 2, 0, 4])])
    builder.node("Squeeze", ["t", "minus2"], ["s"])
    for (index, part) in zip(["first", "second", "third"], ["q", "k", "v"]) {
      builder.node("Gather", ["s", index], [part + ".g"], ["axis": .int(0)])
      builder.node("Reshape", [part + ".g", "merged"], [part + ".m"])
      builder.node("Transpose", [part + ".m"], [part + ".t"], ["perm": .ints([1, 0, 2])])
      builder.node("Reshape", [part + ".t", "apart"], [part])
    }
    builder.node("Transpose", ["k"], ["kt"], ["perm": .ints([0, 1, 3, 2])])
    builder.node("Mul", ["q", "root"], ["qs"])
    builder.node("Mul", ["kt", "root"], ["ks"])
    builder.node("MatMul", ["qs", "ks"], ["scores"])
    builder.node("Softmax", ["scores"], ["p"], ["axis": .int(-1)])
    builder.node("MatMul", ["p", "v"], ["o"])
    builder.node("Transpose", ["o"], ["heads"], ["perm": .ints([2, 0, 1, 3])])
    builder.constant("flat", try Tensor([10, Int64(Self.width)]))
    builder.node("Reshape", ["heads", "flat"], ["y"])
    try expectFused(
      builder, ["x": try randomTensor([5, 2, Self.width], seed: 2)],
      left: ["aviary.MatMul": 1, "aviary.Attention": 1, "Reshape": 1])
  }

  @Test func scoresThatAreReadElsewhereStay() throws {
    var builder = GraphBuilder()
    builder.input("x", [2, 3, 5, 4])
    builder.node("Transpose", ["x"], ["t"], ["perm": .ints([0, 1, 3, 2])])
    builder.node("MatMul", ["x", "t"], ["scores"])
    builder.node("Softmax", ["scores"], ["p"], ["axis": .int(-1)])
    builder.node("MatMul", ["p", "x"], ["y"])
    builder.output("y")
    builder.output("p")
    let session = try expectPassesKeepResults(builder.graph, ["x": try randomTensor([2, 3, 5, 4], seed: 2)])
    #expect(operatorCounts(session.graph)["Softmax"] == 1)
  }
}
