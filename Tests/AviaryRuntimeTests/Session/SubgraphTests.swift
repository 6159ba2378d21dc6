import AviaryCore
import Foundation
import Testing

@testable import AviaryRuntime

/// Bodies and branches run by plans of their own: the numbers are those of the same nodes in the open.
@Suite struct SubgraphTests {
  private func scalar(_ value: Int64) throws -> Tensor { try Tensor(scalar: value) }

  /// A layer whose weights are the enclosing graph's, eight times: `x = tanh(x w + b)`, and every x.
  private func loop(turns: Int64) throws -> Graph {
    var builder = GraphBuilder()
    builder.input("x", [.symbol("N"), 6])
    try builder.weights("w", [6, 6])
    builder.constant("turns", try scalar(turns))
    var body = GraphBuilder()
    body.input("turn", [], .int64)
    body.input("before", [], .bool)
    body.input("state", [.symbol("N"), 6])
    try body.weights("b", [6])
    body.node("MatMul", ["state", "w"], ["product"])
    body.node("Add", ["product", "b"], ["sum"])
    body.node("Tanh", ["sum"], ["next"])
    body.node("Identity", ["before"], ["after"])
    body.node("Identity", ["next"], ["slice"])
    for name in ["after", "next", "slice"] { body.output(name, name == "after" ? .bool : .float) }
    builder.node("Loop", ["turns", "", "x"], ["y", "all"], ["body": .graph(body.graph)])
    builder.output("y")
    builder.output("all")
    return builder.graph
  }

  @Test func bodiesOfLoopsCompute() throws {
    var open = GraphBuilder()
    open.input("x", [.symbol("N"), 6])
    try open.weights("w", [6, 6])
    try open.weights("b", [6])
    for turn in 0..<8 {
      open.node("MatMul", [turn == 0 ? "x" : "x\(turn)", "w"], ["product\(turn)"])
      open.node("Add", ["product\(turn)", "b"], ["sum\(turn)"])
      open.node("Tanh", ["sum\(turn)"], ["x\(turn + 1)"])
    }
    open.output("x8")
    let (session, reference) = (try Session(graph: try loop(turns: 8)), try Session(graph: open.graph))
    for rows in [3, 1, 3, 5] {
      let x = try randomTensor([rows, 6], seed: UInt64(rows))
      let found = try session.run(["x": x])
      let expected = try #require(try reference.run(["x": x])["x8"])
      #expect(try relativeError(try #require(found["y"]), expected) < 1e-5)
      let all = try #require(found["all"])
      #expect(all.shape.dims == [8, rows, 6])
      #expect(try Array(all.array(of: Float.self).suffix(rows * 6)) == found["y"]?.array(of: Float.self))
    }
    let body = try #require(session.program.steps.first { $0.subgraphOperator != nil }?.subgraphs["body"])
    #expect(body.captures.isEmpty, "weights of the graph around it are constants of the body")
    let x = try Tensor([Float](repeating: 0, count: 6), shape: try Shape([1, 6]))
    let given: [Value] = [.tensor(try scalar(0)), .tensor(try Tensor(scalar: true)), .tensor(x)]
    #expect(body.plans.plan(for: given, body.program, session.evaluator)?.isBound == true)
  }

  /// More shapes than there are plans, twice; the second run finds what the first one made, and equal bits.
  @Test func shapesThatGrowFromTurnToTurn() throws {
    var builder = GraphBuilder()
    builder.input("x", [1, 4])
    builder.constant("turns", try scalar(50))
    var body = GraphBuilder()
    body.input("turn", [], .int64)
    body.input("before", [], .bool)
    body.input("rows", [.symbol("N"), 4])
    body.constant("axis", try Tensor([0] as [Int64]))
    body.node("ReduceSum", ["rows", "axis"], ["sum"], ["keepdims": .int(1)])
    body.node("Tanh", ["sum"], ["bounded"])
    body.node("Concat", ["rows", "bounded"], ["more"], ["axis": .int(0)])
    body.node("Identity", ["before"], ["after"])
    body.output("after", .bool)
    body.output("more")
    builder.node("Loop", ["turns", "", "x"], ["y"], ["body": .graph(body.graph)])
    builder.output("y")
    let session = try Session(graph: builder.graph)
    let x = try Tensor([0.1, -0.2, 0.3, 0.0] as [Float], shape: try Shape([1, 4]))
    let first = try #require(try session.run(["x": x])["y"])
    var rows: [[Float]] = [[0.1, -0.2, 0.3, 0.0]]
    for _ in 0..<50 {
      rows.append((0..<4).map { column in Float(tanh(rows.reduce(0.0) { $0 + Double($1[column]) })) })
    }
    #expect(first.shape.dims == [51, 4])
    let expected = try Tensor(rows.flatMap { $0 }, shape: try Shape([51, 4]))
    #expect(try relativeError(first, expected) < 1e-4)
    let second = try #require(try session.run(["x": x])["y"])
    #expect(try second.array(of: Float.self) == first.array(of: Float.self))
  }

  /// A branch inside a body reads values and constants of both graphs around it; one branch fits no input.
  @Test func branchesInsideBodies() throws {
    var builder = GraphBuilder()
    builder.input("x", [2, 3])
    builder.constant("offset", try Tensor([10, 20, 30] as [Float]))
    builder.constant("wide", try Tensor([Float](repeating: 1, count: 4)))
    builder.constant("turns", try scalar(5))
    builder.node("Neg", ["x"], ["minus"])
    var body = GraphBuilder()
    body.input("turn", [], .int64)
    body.input("before", [], .bool)
    body.input("state", [2, 3])
    body.constant("three", try scalar(3))
    body.constant("nine", try scalar(9))
    body.node("Less", ["turn", "three"], ["early"])
    body.node("Greater", ["turn", "nine"], ["never"])
    var early = GraphBuilder()
    early.node("Add", ["state", "offset"], ["a"])
    early.output("a")
    var late = GraphBuilder()
    late.node("Add", ["state", "minus"], ["b"])
    late.output("b")
    var wrong = GraphBuilder()
    wrong.node("Add", ["chosen", "wide"], ["c"])
    wrong.output("c")
    var right = GraphBuilder()
    right.node("Identity", ["chosen"], ["d"])
    right.output("d")
    body.node("If", ["early"], ["chosen"], ["then_branch": .graph(early.graph), "else_branch": .graph(late.graph)])
    body.node("If", ["never"], ["next"], ["then_branch": .graph(wrong.graph), "else_branch": .graph(right.graph)])
    body.node("Identity", ["before"], ["after"])
    body.output("after", .bool)
    body.output("next")
    builder.node("Loop", ["turns", "", "x"], ["y"], ["body": .graph(body.graph)])
    builder.output("y")
    let session = try Session(graph: builder.graph)
    let x = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: try Shape([2, 3]))
    for _ in 0..<2 {
      let y = try #require(try session.run(["x": x])["y"])
      // x + 3 offset - 2 x
      #expect(try y.array(of: Float.self) == [29, 58, 87, 26, 55, 84])
    }
  }

  @Test func runsAtTheSameTimeHaveMemoryOfTheirOwn() async throws {
    let session = try Session(graph: try loop(turns: 6))
    let inputs = try (0..<24).map { ["x": try randomTensor([1 + $0 % 3, 6], seed: UInt64($0))] }
    let expected = try inputs.map { try #require(try session.run($0)["y"]).array(of: Float.self) }
    try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
      for (index, given) in inputs.enumerated() {
        group.addTask { (index, try session.run(given)["y"]?.array(of: Float.self) ?? []) }
      }
      for try await (index, found) in group { #expect(found == expected[index]) }
    }
  }
}
