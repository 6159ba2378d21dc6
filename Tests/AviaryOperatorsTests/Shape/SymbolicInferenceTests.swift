import AviaryCore
import TestSupport
import Testing

@testable import AviaryOperators

/// What an operator says of its first output while extents of its inputs are not known yet.
struct InferenceCase: Sendable, CustomStringConvertible {
  var type: any Operator.Type
  var opset = 18
  var attributes: [String: AttributeValue] = [:]
  var inputs: [ValueInfo]
  /// `nil` where not even the rank follows.
  var expected: [Extent]?

  var description: String { "\(type.id) \(inputs.map(\.shape)) -> \(SymbolicShape(expected))" }
}

private let n = Extent.symbol("N")
private let m = Extent.symbol("M")

private func float(_ dims: [Extent]?) -> ValueInfo { ValueInfo(.float, SymbolicShape(dims)) }

private func ints(_ values: Int...) -> ValueInfo {
  guard let tensor = try? Tensor(values.map { Int64($0) }) else { return .unknown }
  return ValueInfo(constant: .tensor(tensor))
}

private func floats(_ values: Float...) -> ValueInfo {
  guard let tensor = try? Tensor(values) else { return .unknown }
  return ValueInfo(constant: .tensor(tensor))
}

/// A list of integers of which only the length is known.
private func list(_ length: Int) -> ValueInfo { ValueInfo(.int64, [length]) }

private let cases: [InferenceCase] = [
  .init(type: Reshape.self, inputs: [float([n, 7, 1, 1]), ints(0, -1)], expected: [n, 7]),
  .init(type: Reshape.self, inputs: [float([n, 7, 1, 1]), ints(-1, 7)], expected: [n, 7]),
  .init(type: Reshape.self, inputs: [float([n, 4, 6]), ints(-1, 3, 8)], expected: [n, 3, 8]),
  .init(type: Reshape.self, inputs: [float([n, 4, 6]), ints(-1, 12)], expected: [.unknown, 12]),
  .init(type: Reshape.self, inputs: [float([n, m, 6]), ints(-1, 6)], expected: [.unknown, 6]),
  .init(type: Reshape.self, inputs: [float([n, m, 6]), ints(0, 0, 2, -1)], expected: [n, m, 2, 3]),
  .init(type: Reshape.self, inputs: [float(nil), ints(0, -1, 4)], expected: [.unknown, .unknown, 4]),
  .init(type: Reshape.self, inputs: [float([n, 4]), list(3)], expected: [.unknown, .unknown, .unknown]),
  .init(type: Reshape.self, inputs: [float([n, 4]), ValueInfo(.int64, .unknown)], expected: nil),
  .init(type: Flatten.self, inputs: [float([n, 8, 2, 2])], expected: [n, 32]),
  .init(
    type: Flatten.self, attributes: ["axis": .int(2)], inputs: [float([n, 8, 2])], expected: [.unknown, 2]),
  .init(type: Flatten.self, inputs: [float(nil)], expected: [.unknown, .unknown]),
  .init(
    type: Transpose.self, attributes: ["perm": .ints([0, 2, 3, 1])], inputs: [float([n, 3, m, 5])],
    expected: [n, m, 5, 3]),
  .init(type: Transpose.self, inputs: [float(nil)], expected: nil),
  .init(
    type: Concat.self, attributes: ["axis": .int(1)], inputs: [float([n, 3, .unknown]), float([n, 5, 4])],
    expected: [n, 8, 4]),
  .init(
    type: Concat.self, attributes: ["axis": .int(0)], inputs: [float([n, 3]), float([2, 3])],
    expected: [.unknown, 3]),
  .init(
    type: Concat.self, attributes: ["axis": .int(0)], inputs: [float(nil), float([2, 3])],
    expected: [.unknown, 3]),
  .init(type: Slice.self, inputs: [float([n, 8]), ints(1), ints(4), ints(1)], expected: [n, 3]),
  .init(type: Slice.self, inputs: [float([n, 8]), list(1), list(1), ints(1)], expected: [n, .unknown]),
  .init(type: Slice.self, inputs: [float([n, 8]), list(1), list(1)], expected: [.unknown, 8]),
  .init(type: Slice.self, inputs: [float([n, 8]), ints(0), ints(.max), ints(0)], expected: [n, 8]),
  .init(type: Squeeze.self, inputs: [float([n, 1, 3]), ints(1)], expected: [n, 3]),
  .init(type: Squeeze.self, inputs: [float([n, 1, 3])], expected: nil),
  .init(type: Squeeze.self, inputs: [float([n, 1, 3]), list(1)], expected: [.unknown, .unknown]),
  .init(type: Unsqueeze.self, inputs: [float([n, 3]), ints(0, -1)], expected: [1, n, 3, 1]),
  .init(type: Expand.self, inputs: [float([n, 1]), ints(1, 5)], expected: [n, 5]),
  .init(type: Expand.self, inputs: [float([3]), list(3)], expected: [.unknown, .unknown, .unknown]),
  .init(type: Tile.self, inputs: [float([n, 3]), ints(1, 2)], expected: [n, 6]),
  .init(type: Tile.self, inputs: [float([n, 3]), list(2)], expected: [.unknown, .unknown]),
  .init(type: Pad.self, inputs: [float([n, 3]), ints(0, 1, 0, 2)], expected: [n, 6]),
  .init(type: Pad.self, inputs: [float([n, 3]), ints(1, 0, 0, 0)], expected: [.unknown, 3]),
  .init(
    type: Split.self, attributes: ["axis": .int(1)], inputs: [float([n, 6]), ints(2, 4)], expected: [n, 2]),
  .init(type: ShapeOf.self, inputs: [float([n, 3])], expected: [2]),
  .init(type: ConstantOfShape.self, inputs: [list(2)], expected: [.unknown, .unknown]),
  .init(
    type: Gather.self, inputs: [float([n, 4]), ValueInfo(.int64, SymbolicShape([m, 2]))],
    expected: [m, 2, 4]),
  .init(
    type: GatherND.self, attributes: ["batch_dims": .int(1)],
    inputs: [float([n, 4, 5]), ValueInfo(.int64, SymbolicShape([n, 3, 1]))], expected: [n, 3, 5]),
  .init(type: TopK.self, inputs: [float([n, 9]), ints(5)], expected: [n, 5]),
  .init(type: TopK.self, inputs: [float([n, 9]), list(1)], expected: [n, .unknown]),
  .init(
    type: Resize.self, inputs: [float([n, 3, 4, 4]), .absent, floats(1, 1, 2, 2)], expected: [n, 3, 8, 8]),
  .init(
    type: Resize.self, inputs: [float([n, 3, m, 4]), .absent, floats(1, 1, 2, 2)],
    expected: [n, 3, .unknown, 8]),
  .init(
    type: Resize.self, inputs: [float([n, 3, 4, 4]), .absent, .absent, ints(1, 3, 7, 9)],
    expected: [1, 3, 7, 9]),
  .init(
    type: OneHot.self, inputs: [ValueInfo(.int64, SymbolicShape([n])), ints(7), float([2])],
    expected: [n, 7]),
  .init(
    type: NonMaxSuppression.self, inputs: [float([n, m, 4]), float([n, 2, m])], expected: [.unknown, 3]),
  .init(
    type: Einsum.self, attributes: ["equation": .string("bij,bjk->bik")],
    inputs: [float([n, 3, 4]), float([n, 4, 5])], expected: [n, 3, 5]),
]

@Test("Symbols are carried through shape inference", arguments: cases)
func symbolicInference(_ example: InferenceCase) throws {
  var attributes = Attributes(example.attributes)
  let op = try example.type.init(attributes: &attributes, opset: example.opset)
  let inferred = try op.infer(example.inputs)
  #expect(inferred.first?.shape == SymbolicShape(example.expected))
}

@Test("A partly known shape is no constant, a known one is")
func shapeContent() throws {
  var attributes = Attributes(["start": .int(1)])
  let op = try ShapeOf(attributes: &attributes, opset: 15)
  #expect(try op.infer([float([n, 3, 4])])[0].integers == [3, 4])
  #expect(try op.infer([float([n, m, 4])])[0].integers == nil)
}

@Test("Shapes that can never fit are refused before they are run")
func refusedInference() throws {
  func infer(_ type: any Operator.Type, _ inputs: [ValueInfo]) throws -> [ValueInfo] {
    var attributes = Attributes(type.id.name == "Concat" ? ["axis": .int(0)] : [:])
    return try type.init(attributes: &attributes, opset: 18).infer(inputs)
  }
  #expect(throws: OperatorError.self) { try infer(Reshape.self, [float([2, 3]), ints(4, 2)]) }
  #expect(throws: OperatorError.self) { try infer(Concat.self, [float([2, 3]), float([2, 4])]) }
  #expect(throws: OperatorError.self) { try infer(Squeeze.self, [float([2, n]), ints(0)]) }
  #expect(throws: OperatorError.self) { try infer(Expand.self, [float([2, n]), ints(3, 1)]) }
  #expect(throws: OperatorError.self) { try infer(Tile.self, [float([n, 2]), ints(1)]) }
  #expect(throws: OperatorError.self) { try infer(TopK.self, [float([n, 2]), ints(3)]) }
}
