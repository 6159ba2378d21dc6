import AviaryCore
import TestSupport
import Testing

@testable import AviaryOperators

private func make<O: Operator>(_: O.Type, _ attributes: [String: AttributeValue] = [:]) throws -> O {
  var decoded = Attributes(attributes)
  return try O(attributes: &decoded, opset: 18)
}

private func run(_ op: any Operator, _ inputs: [Value?]) throws -> Value? {
  let context = RunContext(inputs: inputs, outputCount: 1)
  try op.run(context)
  return context.outputs[0]
}

private func tensor(_ values: Int64...) throws -> Value { .tensor(try Tensor(values)) }
private func scalar(_ value: Int64) throws -> Value { .tensor(try Tensor(scalar: value)) }

private func sequence(_ values: Int64...) throws -> Value {
  .sequence(try values.map { .tensor(try Tensor([$0])) }, of: .tensor(.int64, .unknown))
}

/// The first number of every tensor of a sequence.
private func content(_ value: Value?) throws -> [Int] {
  guard case .sequence(let elements, _)? = value else { return [] }
  return try elements.map { try #require($0.tensor).integers()[0] }
}

private func shapes(_ value: Value?) -> [[Int]] {
  guard case .sequence(let elements, _)? = value else { return [] }
  return elements.compactMap(\.tensor?.shape.dims)
}

@Test("Sequences are built, measured and taken apart")
func sequences() throws {
  let built = try run(make(SequenceConstruct.self), [tensor(1), tensor(2), tensor(3)])
  #expect(try content(built) == [1, 2, 3])
  #expect(try run(make(SequenceLength.self), [built])?.tensor?.integers() == [3])
  #expect(try run(make(SequenceAt.self), [built, scalar(-1)])?.tensor?.integers() == [3])
  #expect(try content(run(make(SequenceErase.self), [built, scalar(0)])) == [2, 3])
  #expect(try content(run(make(SequenceErase.self), [built])) == [1, 2])
  #expect(try content(run(make(SequenceInsert.self), [built, tensor(9), scalar(-1)])) == [1, 2, 9, 3])
  #expect(try content(run(make(SequenceInsert.self), [built, tensor(9), scalar(3)])) == [1, 2, 3, 9])
  #expect(try content(run(make(SequenceInsert.self), [built, tensor(9)])) == [1, 2, 3, 9])
}

@Test("Positions outside a sequence and other types are refused", arguments: [3, -4, Int64.max, .min])
func sequenceErrors(_ position: Int64) throws {
  let three = try sequence(1, 2, 3)
  #expect(throws: OperatorError.self) { try run(make(SequenceAt.self), [three, scalar(position)]) }
  #expect(throws: OperatorError.self) { try run(make(SequenceErase.self), [three, scalar(position)]) }
  #expect(throws: OperatorError.self) {
    try run(make(SequenceInsert.self), [three, .tensor(Tensor([Float(1)])), nil])
  }
  #expect(throws: OperatorError.self) { try run(make(SequenceErase.self), [sequence(), nil]) }
  #expect(throws: OperatorError.self) { try run(make(SequenceAt.self), [tensor(1), scalar(0)]) }
}

@Test("A tensor is split into a sequence and put together again")
func splitAndConcat() throws {
  let data = Value.tensor(try Tensor((0..<10).map { Int64($0) }, shape: Shape([2, 5])))
  let parts = try run(make(SplitToSequence.self, ["axis": .int(1)]), [data, scalar(2)])
  #expect(shapes(parts) == [[2, 2], [2, 2], [2, 1]])
  let whole = try run(make(ConcatFromSequence.self, ["axis": .int(-1)]), [parts])?.tensor
  #expect(try whole?.integers() == Array(0..<10) && whole?.shape.dims == [2, 5])

  let rows = try run(make(SplitToSequence.self, ["keepdims": .int(0)]), [data])
  let stacked = try run(make(ConcatFromSequence.self, ["axis": .int(1), "new_axis": .int(1)]), [rows])?.tensor
  #expect(stacked?.shape.dims == [5, 2])
  #expect(try stacked?.integers() == [0, 5, 1, 6, 2, 7, 3, 8, 4, 9])
  #expect(throws: OperatorError.self) { try run(make(SplitToSequence.self), [data, tensor(1, 2)]) }
  #expect(throws: OperatorError.self) { try run(make(SplitToSequence.self), [data, scalar(0)]) }
}

@Test("Optionals hold a value or nothing")
func optionals() throws {
  let nothing = try run(
    make(OptionalOperator.self, ["type": .type(.tensor(.float, .unknown))]), [nil])
  let something = try run(make(OptionalOperator.self), [tensor(4)])
  func holds(_ value: Value?) throws -> [Int]? {
    try run(make(OptionalHasElement.self), [value])?.tensor?.integers()
  }
  #expect(try holds(nothing) == [0])
  #expect(try holds(something) == [1])
  #expect(try holds(tensor(4)) == [1])
  #expect(try holds(nil) == [0])
  #expect(try run(make(OptionalGetElement.self), [something])?.tensor?.integers() == [4])
  #expect(throws: OperatorError.self) { try run(make(OptionalGetElement.self), [nothing]) }
}
