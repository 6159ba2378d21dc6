import AviaryCore
import TestSupport
import Testing

@testable import AviaryOperators

private func run<O: Operator>(
  _: O.Type, _ input: Value, _ attributes: [String: AttributeValue]
) throws -> Value? {
  var decoded = Attributes(attributes)
  let op = try O(attributes: &decoded, opset: 1)
  #expect(decoded.unread.isEmpty)
  _ = try op.infer([ValueInfo(input.type)])
  let context = RunContext(inputs: [input], outputCount: 1)
  try op.run(context)
  return context.outputs[0]
}

private func map(_ keys: MapValue.Keys, _ values: [Float]) throws -> Value {
  .map(
    MapValue(
      keys: keys, values: try values.map { .tensor(try Tensor(scalar: $0)) },
      valueType: .tensor(.float, SymbolicShape(known: []))))
}

@Test("ZipMap makes one map a row, in the order of the labels")
func zipMap() throws {
  let scores = Value.tensor(try Tensor([0.1, 0.9, 0.7, 0.3] as [Float], shape: Shape([2, 2])))
  guard case .sequence(let rows, let type)? = try run(ZipMap.self, scores, ["classlabels_strings": .strings(["a", "b"])])
  else {
    Issue.record("no sequence")
    return
  }
  #expect(type == .map(key: .string, value: .tensor(.float, SymbolicShape(known: []))))
  let values = try rows.map { row -> [Float] in
    guard case .map(let map) = row, case .strings(let keys) = map.keys else { return [] }
    #expect(keys == ["a", "b"])
    return try map.values.map { try #require($0.tensor).array(of: Float.self)[0] }
  }
  #expect(values == [[0.1, 0.9], [0.7, 0.3]])
  #expect(throws: OperatorError.self) {
    try run(ZipMap.self, scores, ["classlabels_int64s": .ints([1, 2, 3])])
  }
}

@Test("DictVectorizer puts a map's values in the vocabulary's order")
func dictVectorizer() throws {
  let named = try map(.strings(["x", "z"]), [1, 2])
  let row = try run(DictVectorizer.self, named, ["string_vocabulary": .strings(["z", "y", "x"])])?.tensor
  #expect(try row?.array(of: Float.self) == [2, 0, 1])
  #expect(row?.shape.dims == [1, 3])
  let numbered = try map(.integers(.int64, [5, 7]), [1, 2])
  #expect(
    try run(DictVectorizer.self, numbered, ["int64_vocabulary": .ints([7, 6])])?.tensor?.array(of: Float.self)
      == [2, 0])
  #expect(throws: OperatorError.self) {
    try run(DictVectorizer.self, numbered, ["string_vocabulary": .strings(["z"])])
  }
}

@Test("CastMap makes a row of a map, dense or sparse")
func castMap() throws {
  let numbered = try map(.integers(.int64, [3, 0]), [1.5, 2])
  #expect(try run(CastMap.self, numbered, [:])?.tensor?.array(of: Float.self) == [2, 1.5])
  let sparse = try run(
    CastMap.self, numbered,
    ["map_form": .string("SPARSE"), "max_map": .int(5), "cast_to": .string("TO_INT64")])?.tensor
  #expect(try sparse?.integers() == [2, 0, 0, 1, 0])
  let text = try run(CastMap.self, numbered, ["cast_to": .string("TO_STRING")])?.tensor
  #expect(try text?.strings() == ["2.0", "1.5"])
  #expect(throws: (any Error).self) {
    try run(CastMap.self, numbered, ["map_form": .string("SPARSE"), "max_map": .int(-1)])
  }
}
