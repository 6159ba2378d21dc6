import AviaryCore
import Testing

@testable import AviaryRuntime

@Suite struct ProfileTests {
  @Test func countsWorkAndBytes() throws {
    var builder = GraphBuilder()
    builder.input("x", [.symbol("N"), 3])
    try builder.weights("w", [3, 4])
    builder.node("MatMul", ["x", "w"], ["a"])
    builder.node("Add", ["a", "a"], ["b"])
    builder.node("Flatten", ["b"], ["y"])
    builder.output("y")
    let session = try Session(graph: builder.graph)
    let (outputs, nodes) = try session.profile(["x": .tensor(try randomTensor([5, 3], seed: 1))])
    #expect(outputs["y"]?.tensor?.shape.dims == [5, 4])
    let product = try #require(nodes.first { $0.node.id.name == "MatMul" })
    #expect(product.multiplyAdds == 5 * 3 * 4)
    #expect(product.bytesRead == 4 * (15 + 12) && product.bytesWritten == 4 * 20)
    let sum = try #require(nodes.first { $0.node.id.name == "Add" })
    // Both inputs are the same value.
    #expect(sum.multiplyAdds == 0 && sum.bytesRead == 80 && sum.bytesWritten == 80)
    if let view = nodes.first(where: { $0.node.id.name == "Flatten" }) {
      #expect(view.bytesRead == 0 && view.bytesWritten == 0)
    }
    #expect(nodes.allSatisfy { !$0.choice.kernel.isEmpty })
    #expect(session.measuredPeak() > 1)
  }

  /// Overridden defaults run in a session of their own, whose nodes the profile must show.
  @Test func profilesOverriddenDefaults() throws {
    var builder = GraphBuilder()
    builder.input("x", [4])
    builder.constant("one", try Tensor([1, 1, 1, 1] as [Float]))
    builder.node("Identity", ["one"], ["i"])
    builder.node("Add", ["x", "i"], ["y"])
    builder.output("y")
    var graph = builder.graph
    graph.defaultedInputs = [.init(name: "one", type: .tensor(.float, SymbolicShape([4])))]
    let session = try Session(graph: graph)
    let x = Value.tensor(try Tensor([1, 2, 3, 4] as [Float]))
    let (outputs, nodes) = try session.profile(["x": x, "one": x])
    #expect(try outputs["y"]?.tensor?.array(of: Float.self) == [2, 4, 6, 8])
    #expect(nodes.last?.node.id.name == "Add")
  }

  /// Whatever the passes make of a network, the work counted is that of its definition.
  @Test func passesDoNotChangeTheWorkCounted() throws {
    let graph = try GraphBuilder.resNet50(width: 4, size: 64)
    var options = SessionOptions()
    options.optimize = false
    let shapes = ["input": [2, 3, 64, 64]]
    let plain = try Session(graph: graph, options: options).inspect(inputShapes: shapes)
    let optimized = try Session(graph: graph).inspect(inputShapes: shapes)
    let count = { (nodes: [NodeReport]) in nodes.reduce(0) { $0 + $1.multiplyAdds } }
    #expect(count(plain) > 0)
    #expect(count(optimized) == count(plain))
    #expect(optimized.allSatisfy { $0.kernel != nil })
  }

  @Test func doubleProductsSayWhatComputesThem() throws {
    var builder = GraphBuilder()
    builder.input("a", [2, 3], .double)
    builder.input("b", [3, 4], .double)
    builder.node("MatMul", ["a", "b"], ["y"])
    builder.output("y", .double)
    let session = try Session(graph: builder.graph)
    let choice = try #require(try session.inspect().first?.kernel)
    #expect(choice.kernel.hasPrefix("OpenBLAS dgemm") || choice.reason.contains("no OpenBLAS"))
    #expect(session.layoutReorders == 0)
  }
}
