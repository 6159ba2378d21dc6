import AviaryCore
import TestSupport
import Testing

@testable import AviaryRuntime

/// The arena must never show: whatever is shared, every value is what it would be alone.
@Suite struct ArenaTests {
  /// Random graphs of operators that overwrite, view and pass through, some or all of them with kernels,
  /// against a plain evaluation.
  @Test(arguments: 0..<400)
  func randomGraphsGiveWhatPlainEvaluationGives(seed: Int) throws {
    let kinds = seed % 3 == 0 ? 5..<8 : seed % 3 == 1 ? 0..<8 : 0..<5
    var generator = SeededGenerator(seed: UInt64(seed))
    var builder = GraphBuilder()
    builder.opset = 1
    builder.input("x", [4])
    var expected: [String: [Float]] = ["x": [1, 2, 3, 4]]
    var names = ["x"]
    for index in 0..<Int.random(in: 3...24, using: &generator) {
      let name = "v\(index)"
      let a = names.randomElement(using: &generator)!
      let b = names.randomElement(using: &generator)!
      switch Int.random(in: kinds, using: &generator) {
      case 0, 1:
        builder.node("AddOne", [a], [name], domain: Toy.domain)
        expected[name] = expected[a]!.map { $0 + 1 }
      case 2:
        builder.node("Plus", [a, b], [name], domain: Toy.domain)
        expected[name] = zip(expected[a]!, expected[b]!).map { $0 + $1 }
      case 3:
        builder.node("View", [a], [name], domain: Toy.domain)
        expected[name] = expected[a]!
      case 5:
        builder.node("BoundAddOne", [a], [name], domain: Toy.domain)
        expected[name] = expected[a]!.map { $0 + 1 }
      case 6:
        builder.node("BoundPlus", [a, b], [name], domain: Toy.domain)
        expected[name] = zip(expected[a]!, expected[b]!).map { $0 + $1 }
      case 7:
        builder.node("View", [a], [name], domain: Toy.domain)
        expected[name] = expected[a]!
      default:
        builder.node("PassThrough", [a], [name], domain: Toy.domain)
        expected[name] = expected[a]!
      }
      names.append(name)
    }
    let outputs = (0..<3).map { _ in names.randomElement(using: &generator)! }
    for name in Set(outputs) { builder.output(name) }

    var options = SessionOptions()
    options.registry = try Toy.registry()
    let session = try Session(graph: builder.graph, options: options)
    let x = try Tensor([1, 2, 3, 4] as [Float])
    // Twice: the second run meets an arena full of the first one's bytes.
    for _ in 0..<2 {
      let found = try session.run(["x": x])
      for name in Set(outputs) { #expect(try found[name]?.array(of: Float.self) == expected[name]) }
    }
    let buffers = try session.makeBuffers()
    try buffers.withInput("x", as: Float.self) { _ = $0.update(from: [1, 2, 3, 4]) }
    for _ in 0..<2 {
      try buffers.run()
      for name in Set(outputs) {
        let found = try buffers.withOutput(name, as: Float.self) { Array($0) }
        #expect(found == expected[name])
      }
    }
  }

  @Test func aChainOfOverwritingNodesNeedsOnePlace() throws {
    var builder = GraphBuilder()
    builder.opset = 1
    builder.input("x", [1024])
    builder.output("y")
    var last = "x"
    for index in 0..<10 {
      builder.node("AddOne", [last], ["v\(index)"], domain: Toy.domain)
      last = "v\(index)"
    }
    builder.node("AddOne", [last], ["y"], domain: Toy.domain)
    var options = SessionOptions()
    options.registry = try Toy.registry()
    let session = try Session(graph: builder.graph, options: options)
    let plan = try session.plan(for: [session.program.inputs[0]: .tensor(.float, SymbolicShape(known: [1024]))])
    #expect(plan.arenaBytes == 4096)
  }

  @Test func sequencesOutliveTheBytesTheyWereMadeFrom() throws {
    var builder = GraphBuilder()
    builder.opset = 1
    builder.input("x", [4])
    builder.node("AddOne", ["x"], ["a"], domain: Toy.domain)
    builder.node("AddOne", ["a"], ["b"], domain: Toy.domain)
    builder.node("Pair", ["a", "b"], ["pair"], domain: Toy.domain)
    builder.node("AddOne", ["b"], ["c"], domain: Toy.domain)
    builder.node("AddOne", ["c"], ["d"], domain: Toy.domain)
    var graph = builder.graph
    graph.outputs = [
      .init(name: "pair", type: .sequence(.tensor(.float, .unknown))),
      .init(name: "d", type: .tensor(.float, .unknown)),
    ]
    var options = SessionOptions()
    options.registry = try Toy.registry()
    let session = try Session(graph: graph, options: options)
    let found = try session.run(["x": .tensor(try Tensor([0, 0, 0, 0] as [Float]))])
    guard case .sequence(let items, _)? = found["pair"] else {
      Issue.record("pair is no sequence")
      return
    }
    #expect(try items.map { try $0.tensor?.array(of: Float.self) } == [[1, 1, 1, 1], [2, 2, 2, 2]])
    #expect(try found["d"]?.tensor?.array(of: Float.self) == [4, 4, 4, 4])
  }

  /// Packed weights are let go, but every shape still follows from them.
  @Test func everyValueOfANetworkHasItsPlace() throws {
    let session = try Session(graph: try GraphBuilder.resNet50(width: 4, size: 32))
    let type = ValueType.tensor(.float, SymbolicShape(known: [2, 3, 32, 32]))
    let plan = try session.plan(for: [session.program.inputs[0]: type])
    let outputs = Set(session.program.outputs)
    for step in plan.steps {
      let program = session.program.steps[step.index]
      guard !(program.op is any ViewOperator), let slot = program.outputs[0], !outputs.contains(slot) else { continue }
      #expect(step.places[0] != nil, "\(program.node.label)")
    }
    #expect(plan.steps.count == 58)
    #expect(try session.inspect(inputShapes: ["input": [2, 3, 32, 32]]).allSatisfy { report in
      report.outputs.allSatisfy { if case .tensor(_, let shape) = $0.type { shape.known != nil } else { false } }
    })
  }
}
