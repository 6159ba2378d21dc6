import AviaryCore
import Testing

@testable import AviaryRuntime

@Suite struct HalfWideningTests {
  /// A small network in `type`, or in float with weights rounded to it.
  private func network(_ type: ElementType, rounded: ElementType? = nil) throws -> Graph {
    var builder = GraphBuilder()
    builder.input("x", [.symbol("N"), 3, 8, 8], type)
    for (name, dims) in [("w", [8, 3, 3, 3]), ("scale", [8]), ("shift", [8]), ("mean", [8]), ("fc", [8, 5]), ("bias", [5])] {
      let weights = try randomTensor(dims, seed: UInt64(name.utf8.reduce(7) { $0 * 31 + Int($1) }))
      builder.constant(name, try narrow(weights, rounded ?? type, andBack: type == .float))
    }
    let variance = try Tensor([Float](repeating: 0.5, count: 8))
    builder.constant("variance", try narrow(variance, rounded ?? type, andBack: type == .float))
    builder.node("Conv", ["x", "w"], ["c"], ["pads": .ints([1, 1, 1, 1])])
    builder.node("BatchNormalization", ["c", "scale", "shift", "mean", "variance"], ["n"])
    builder.node("Relu", ["n"], ["r"])
    builder.node("MaxPool", ["r"], ["p"], ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])])
    builder.node("GlobalAveragePool", ["p"], ["g"])
    builder.node("Flatten", ["g"], ["f"])
    builder.node("Gemm", ["f", "fc", "bias"], ["l"])
    builder.node("Softmax", ["l"], ["y"], ["axis": .int(1)])
    builder.output("y", type)
    return builder.graph
  }

  private func narrow(_ tensor: Tensor, _ type: ElementType, andBack: Bool = false) throws -> Tensor {
    let values = try tensor.array(of: Float.self)
    switch type {
    case .float16:
      let halves = values.map { Float16($0) }
      return andBack ? try Tensor(halves.map { Float($0) }, shape: tensor.shape) : try Tensor(halves, shape: tensor.shape)
    case .bfloat16:
      let halves = values.map { BFloat16($0) }
      return andBack ? try Tensor(halves.map { Float($0) }, shape: tensor.shape) : try Tensor(halves, shape: tensor.shape)
    default: return tensor
    }
  }

  private func floats(_ tensor: Tensor) throws -> [Float] {
    switch tensor.elementType {
    case .float16: try tensor.array(of: Float16.self).map { Float($0) }
    case .bfloat16: try tensor.array(of: BFloat16.self).map { Float($0) }
    default: try tensor.array(of: Float.self)
    }
  }

  /// The same graph as the float network, casts at its edges apart, and its results but for the last rounding.
  @Test(arguments: [ElementType.float16, .bfloat16])
  func networkComputesInFloat(type: ElementType) throws {
    let half = try Session(graph: try network(type))
    let single = try Session(graph: try network(.float, rounded: type))
    var counts = operatorCounts(half.graph)
    #expect(counts.removeValue(forKey: "Cast") == 2)
    #expect(counts == operatorCounts(single.graph))
    #expect(half.passReports.first { $0.pass == "half-widening" }?.changes.count == 1)

    let x = try narrow(try randomTensor([3, 3, 8, 8], seed: 9), type)
    let found = try #require(try half.run(["x": x])["y"])
    #expect(found.elementType == type)
    let expected = try floats(
      narrow(try #require(try single.run(["x": try Tensor(try floats(x), shape: x.shape)])["y"]), type))
    #expect(try floats(found) == expected)

    var options = SessionOptions()
    options.disabledPasses = ["half-widening"]
    let narrowed = try Session(graph: try network(type), options: options)
    #expect(narrowed.passReports.allSatisfy { $0.pass != "half-widening" })
    let rounded = try floats(try #require(try narrowed.run(["x": x])["y"]))
    let tolerance: Float = type == .float16 ? 4e-3 : 3e-2
    #expect(zip(rounded, expected).allSatisfy { abs($0 - $1) < tolerance })
  }

  /// What a converter writes around a network: float outside, half inside. Nothing of half is left.
  @Test func castsAtTheEdgesGo() throws {
    var builder = GraphBuilder()
    builder.input("x", [2, 6])
    builder.constant("w", try narrow(try randomTensor([6, 4], seed: 3), .float16))
    builder.node("Cast", ["x"], ["half"], ["to": .int(10)])
    builder.node("MatMul", ["half", "w"], ["m"])
    builder.node("Tanh", ["m"], ["t"])
    builder.node("Cast", ["t"], ["y"], ["to": .int(1)])
    builder.output("y")
    let session = try expectPassesKeepResults(builder.graph, ["x": try randomTensor([2, 6], seed: 1)], tolerance: 3e-3)
    #expect(operatorCounts(session.graph)["Cast"] == nil)
    #expect(session.graph.initializers.values.allSatisfy { $0.elementType == .float })
  }

  /// Values that are read outside of the part too: by an operator that stays, by a branch, by the caller.
  @Test func narrowValuesStayWhereTheyAreRead() throws {
    var builder = GraphBuilder()
    builder.input("x", [2, 6], .float16)
    builder.input("which", [], .bool)
    builder.constant("w", try narrow(try randomTensor([6, 6], seed: 3), .float16))
    builder.node("MatMul", ["x", "w"], ["m"])
    builder.node("Relu", ["m"], ["r"])
    builder.node("IsInf", ["r"], ["infinite"])
    builder.node("IsNaN", ["w"], ["nan"])
    builder.node("Add", ["r", "x"], ["y"])
    var then = GraphBuilder()
    then.node("Neg", ["m"], ["a"])
    then.output("a", .float16)
    var otherwise = GraphBuilder()
    otherwise.node("Identity", ["x"], ["b"])
    otherwise.output("b", .float16)
    builder.node(
      "If", ["which"], ["z"], ["then_branch": .graph(then.graph), "else_branch": .graph(otherwise.graph)])
    builder.output("y", .float16)
    builder.output("m", .float16)
    builder.output("infinite", .bool)
    builder.output("nan", .bool)
    builder.output("z", .float16)
    let session = try Session(graph: builder.graph)
    var options = SessionOptions()
    options.optimize = false
    let plain = try Session(graph: builder.graph, options: options)
    #expect(session.passReports.first { $0.pass == "half-widening" }?.changes.count == 1)
    let x = try narrow(try randomTensor([2, 6], seed: 5), .float16)
    for which in [true, false] {
      let inputs = ["x": x, "which": try Tensor(scalar: which)]
      let (found, expected) = (try session.run(inputs), try plain.run(inputs))
      #expect(found.keys.sorted() == ["infinite", "m", "nan", "y", "z"])
      for (name, value) in expected where name != "infinite" && name != "nan" {
        let (a, b) = (try floats(try #require(found[name])), try floats(value))
        #expect(found[name]?.elementType == .float16 && found[name]?.shape == value.shape)
        #expect(zip(a, b).allSatisfy { abs($0 - $1) <= 1e-3 }, "\(name)")
      }
      for name in ["infinite", "nan"] {
        #expect(try found[name]?.array(of: Bool.self) == expected[name]?.array(of: Bool.self))
      }
    }
  }

  /// Without a product the rounding may be what the graph is for.
  @Test func partsWithoutProductsStay() throws {
    var builder = GraphBuilder()
    builder.input("x", [4])
    builder.node("Cast", ["x"], ["h"], ["to": .int(10)])
    builder.node("Add", ["h", "h"], ["d"])
    builder.node("Cast", ["d"], ["y"], ["to": .int(1)])
    builder.output("y")
    let session = try Session(graph: builder.graph)
    #expect(operatorCounts(session.graph) == ["Cast": 2, "Add": 1])
    let found = try #require(try session.run(["x": try Tensor([0.1, 3.14159, 70000, -1e-9] as [Float])])["y"])
    #expect(try found.array(of: Float.self) == [0.1, 3.14159, 70000, -1e-9].map { Float(Float16($0) + Float16($0)) })
  }
}
