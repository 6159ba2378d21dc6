import AviaryCore
import TestSupport

/// Right applications of operators that neither golden files nor single nodes of the ONNX suite show: those that
/// draw, and those that take or give sequences and maps.
enum NodeSamples {
  static func all() throws -> [NodeSample] {
    let matrix = try Tensor([Float](arrayLiteral: 0.1, 0.2, 0.7, 0.5, 0.25, 0.25), shape: Shape([2, 3]))
    let element = ValueType.tensor(.float, SymbolicShape(matrix.shape))
    let sequence = Value.sequence([.tensor(matrix), .tensor(matrix)], of: element)
    let place = Value.tensor(try Tensor(scalar: Int64(1)))
    let number = try Tensor(scalar: Float(2))
    let numbers = ValueType.tensor(.float, SymbolicShape(number.shape))
    let byInteger = Value.map(
      MapValue(keys: .integers(.int64, [3, 5]), values: [.tensor(number), .tensor(number)], valueType: numbers))
    let byName = Value.map(
      MapValue(keys: .strings(["a", "b"]), values: [.tensor(number), .tensor(number)], valueType: numbers))
    let shape = AttributeValue.ints([2, 3])
    let distribution: [String: AttributeValue] = ["mean": .float(1), "scale": .float(2), "seed": .float(3)]
    let range: [String: AttributeValue] = ["low": .float(-1), "high": .float(2), "seed": .float(3)]

    func sample(
      _ name: String, _ opset: Int, _ inputs: [Value?], _ attributes: [String: AttributeValue] = [:],
      domain: String = ""
    ) -> NodeSample {
      NodeSample(
        id: OperatorID(name, domain: domain), opset: opset, attributes: attributes, inputs: inputs, outputs: 1)
    }
    return [
      sample("RandomNormal", 22, [], distribution.merging(["shape": shape]) { $1 }),
      sample("RandomUniform", 22, [], range.merging(["shape": shape, "dtype": .int(11)]) { $1 }),
      sample("RandomNormalLike", 22, [.tensor(matrix)], distribution),
      sample("RandomUniformLike", 22, [.tensor(matrix)], range),
      sample("Multinomial", 22, [.tensor(matrix)], ["sample_size": .int(4), "seed": .float(1)]),
      sample("Optional", 15, [.tensor(matrix)]),
      sample("SequenceConstruct", 11, [.tensor(matrix), .tensor(matrix)]),
      sample("SequenceEmpty", 11, [], ["dtype": .int(1)]),
      sample("SequenceAt", 11, [sequence, place]),
      sample("SequenceErase", 11, [sequence, place]),
      sample("SequenceErase", 11, [sequence]),
      sample("SequenceLength", 11, [sequence]),
      sample("ConcatFromSequence", 11, [sequence], ["axis": .int(1)]),
      sample("ConcatFromSequence", 11, [sequence], ["axis": .int(0), "new_axis": .int(1)]),
      sample("CastMap", 1, [byInteger], ["cast_to": .string("TO_FLOAT"), "map_form": .string("SPARSE"), "max_map": .int(7)],
        domain: "ai.onnx.ml"),
      sample("DictVectorizer", 1, [byName], ["string_vocabulary": .strings(["b", "a", "c"])], domain: "ai.onnx.ml"),
      sample("DictVectorizer", 1, [byInteger], ["int64_vocabulary": .ints([5, 3])], domain: "ai.onnx.ml"),
      sample("ZipMap", 1, [.tensor(matrix)], ["classlabels_strings": .strings(["x", "y", "z"])], domain: "ai.onnx.ml"),
      sample("ZipMap", 1, [.tensor(matrix)], ["classlabels_int64s": .ints([4, 5, 6])], domain: "ai.onnx.ml"),
    ]
  }
}
