import AviaryCore
import TestSupport
import Testing

@testable import AviaryOperators

/// A body written in Swift, in place of a graph.
private struct Body: Subgraph {
  var results: @Sendable ([Value]) throws -> [Value]
  var types: [ValueInfo] = []

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] { types }

  func run(_ inputs: [Value]) throws(OperatorError) -> [Value] {
    do { return try results(inputs) } catch { throw .invalid("\(error)") }
  }
}

private func int(_ value: Int64) throws -> Value { .tensor(try Tensor(scalar: value)) }
private func flag(_ value: Bool) throws -> Value { .tensor(try Tensor(scalar: value)) }

private func make<O: SubgraphOperator>(
  _: O.Type, _ attributes: [String: AttributeValue], opset: Int = 18
) throws -> O {
  var decoded = Attributes(attributes)
  return try O(attributes: &decoded, opset: opset)
}

private let empty = AttributeValue.graph(Graph())

@Test("If runs the branch its condition names and no other", arguments: [true, false])
func ifBranches(_ condition: Bool) throws {
  let op = try make(If.self, ["then_branch": empty, "else_branch": empty])
  let branches: [String: any Subgraph] = [
    "then_branch": Body { _ in [try int(1)] }, "else_branch": Body { _ in [try int(2)] },
  ]
  let context = RunContext(inputs: [try flag(condition)], outputCount: 1)
  try op.run(context, subgraphs: branches)
  #expect(try context.outputs[0]?.tensor?.integers() == [condition ? 1 : 2])
}

@Test("What follows of an If whose condition is not known holds of both branches")
func ifInference() throws {
  let op = try make(If.self, ["then_branch": empty, "else_branch": empty])
  let branches: [String: any Subgraph] = [
    "then_branch": Body(results: { _ in [] }, types: [ValueInfo(.float, [2, 3])]),
    "else_branch": Body(results: { _ in [] }, types: [ValueInfo(.float, [2, 4])]),
  ]
  let unknown = try op.infer([ValueInfo(.bool, [])], subgraphs: branches)
  #expect(unknown[0].shape == SymbolicShape([2, .unknown]) && unknown[0].elementType == .float)
  let known = try op.infer([ValueInfo(constant: try flag(false))], subgraphs: branches)
  #expect(known[0].shape == SymbolicShape(known: [2, 4]))
}

/// `(M, condition at the start, iterations that the body allows)` to the sum and the scanned values.
@Test(
  "Loop stops at its limit, at its condition, and at once",
  arguments: [
    (5, true, 9, [0, 1, 2, 3, 4]), (5, true, 2, [0, 1]), (nil, true, 3, [0, 1, 2]), (5, false, 9, []),
    (0, true, 9, []), (-3, true, 9, []),
  ] as [(Int64?, Bool, Int64, [Int64])])
func loops(_ limit: Int64?, _ start: Bool, _ allowed: Int64, _ expected: [Int64]) throws {
  let op = try make(Loop.self, ["body": empty])
  let body = Body(
    results: { inputs in
      let iteration = try #require(inputs[0].tensor).array(of: Int64.self)[0]
      let sum = try #require(inputs[2].tensor).array(of: Int64.self)[0]
      return [try flag(iteration + 1 < allowed), try int(sum + iteration), try int(iteration)]
    }, types: [ValueInfo(.bool, []), ValueInfo(.int64, []), ValueInfo(.int64, [])])
  let context = RunContext(
    inputs: [try limit.map(int), try flag(start), try int(100)], outputCount: 2)
  try op.run(context, subgraphs: ["body": body])
  #expect(try context.outputs[0]?.tensor?.integers() == [100 + Int(expected.reduce(0, +))])
  #expect(try context.outputs[1]?.tensor?.array(of: Int64.self) == expected)
  #expect(context.outputs[1]?.tensor?.shape.dims == [expected.count])
}

@Test("A loop that never ends reaches the memory limit instead of the end of memory")
func endlessLoop() throws {
  let op = try make(Loop.self, ["body": empty])
  let body = Body(results: { inputs in [try flag(true), try int(1)] })
  var limits = Limits()
  limits.tensorBytes = 1 << 16
  let context = RunContext(inputs: [nil, nil], outputCount: 1, limits: limits)
  #expect { try op.run(context, subgraphs: ["body": body]) } throws: { error in
    (error as? OperatorError)?.kind == .resource
  }
}

@Test("Scan walks axes in the directions that its attributes give", arguments: [0, 1], [0, 1])
func scans(_ inputDirection: Int64, _ outputDirection: Int64) throws {
  let op = try make(
    Scan.self,
    [
      "body": empty, "num_scan_inputs": .int(1), "scan_input_axes": .ints([1]),
      "scan_input_directions": .ints([inputDirection]), "scan_output_axes": .ints([-1]),
      "scan_output_directions": .ints([outputDirection]),
    ])
  // State: the sum of all columns so far. Output: that sum.
  let body = Body { inputs in
    let sum = try #require(inputs[0].tensor).array(of: Float.self)
    let column = try #require(inputs[1].tensor).array(of: Float.self)
    let next = Value.tensor(try Tensor(zip(sum, column).map { $0 + $1 }))
    return [next, next]
  }
  let data = try Tensor([1, 2, 3, 10, 20, 30] as [Float], shape: Shape([2, 3]))
  let context = RunContext(inputs: [.tensor(try Tensor([0, 0] as [Float])), .tensor(data)], outputCount: 2)
  try op.run(context, subgraphs: ["body": body])
  #expect(try context.outputs[0]?.tensor?.array(of: Float.self) == [6, 60])
  var sums: [Float] = inputDirection == 0 ? [1, 3, 6] : [3, 5, 6]
  if outputDirection == 1 { sums.reverse() }
  #expect(try context.outputs[1]?.tensor?.array(of: Float.self) == sums + sums.map { $0 * 10 })
}

@Test("Dropout in training keeps about the wanted part, scales it, and repeats with its seed")
func dropoutTraining() throws {
  let data = try Tensor([Float](repeating: 1, count: 10_000))
  func run(seed: Int64) throws -> ([Float], [Bool]) {
    let outputs = try runOperator(
      Dropout.self, [data, try Tensor(scalar: Float(0.25)), try Tensor(scalar: true)],
      attributes: ["seed": .int(seed)], opset: 13, outputs: 2)
    let (values, mask) = (try #require(outputs[0]?.tensor), try #require(outputs[1]?.tensor))
    return (try values.array(), try mask.array())
  }
  let (values, mask) = try run(seed: 7)
  let kept = mask.count { $0 }
  // Five standard deviations of a binomial distribution around 7,500.
  #expect(abs(kept - 7_500) < 217)
  #expect(zip(values, mask).allSatisfy { $0 == ($1 ? 1 / 0.75 : 0) })
  #expect(try run(seed: 7) == (values, mask))
  #expect(try run(seed: 8).1 != mask)
}
