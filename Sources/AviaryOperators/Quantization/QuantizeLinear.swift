import AviaryCore
import AviaryKernels

/// y = saturate(round(x / scale) + zero_point), halves to even.
///
/// ONNX `QuantizeLinear`: one scale (opset 10), one a channel (13), float8 (19), blocks, 16 and 4 bits (21),
/// `precision` of the quotient and float4 (23), float8e8m0 scales (24), 2 bits (25). The zero point's type,
/// else `output_dtype`, else uint8 is the output's type.
struct QuantizeLinear: Operator {
  static let id = OperatorID("QuantizeLinear")
  static let opsets = 10...Opset.latest
  let axis: QuantizationAxis
  let saturate: Bool
  let outputType: ElementType?
  let precision: ElementType?

  private static let inputTypes: Set<ElementType> = [.float, .float16, .bfloat16, .int32]
  private static let scaleTypes = inputTypes.union([.float8e8m0])

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    axis = try QuantizationAxis(attributes: &attributes, opset: opset)
    saturate = opset >= 19 ? try attributes.bool("saturate", default: true) : true
    outputType = opset >= 21 ? try attributes.optionalType("output_dtype", .quantized) : nil
    precision = opset >= 23 ? try attributes.optionalType("precision", [.float, .float16, .bfloat16]) : nil
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    _ = try checkedType(inputs, 0, Self.inputTypes)
    _ = try checkedType(inputs, 1, Self.scaleTypes)
    var type = outputType ?? .uint8 as ElementType?
    if inputs.at(2) != nil {
      let zeroType = try checkedType(inputs, 2, .quantized)
      if let outputType, let zeroType, outputType != zeroType { throw mismatch(outputType, zeroType) }
      type = zeroType ?? outputType
    }
    if let x = inputs[0].shape.known, let scale = inputs[1].shape.known {
      _ = try axis.geometry(makeShape(x), scale: makeShape(scale))
    }
    return [ValueInfo(type, inputs[0].shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, row) = try context.operand(0, Self.inputTypes)
    let (scale, scales) = try context.operand(1, Self.scaleTypes)
    let zero = try context.zeroPoint(2, like: scale.shape, .quantized)
    if let outputType, let zero, zero.type != outputType { throw mismatch(outputType, zero.type) }
    let geometry = try axis.geometry(x.shape, scale: scale.shape)
    var y = try context.makeRow(0, zero?.type ?? outputType ?? .uint8, x.shape.dims)
    y.saturate = saturate
    quantize(
      row, scale: scales, zeroPoint: zero, y, over: geometry, precision: precision ?? scale.elementType,
      parallel: context.parallel)
  }

  private func mismatch(_ attribute: ElementType, _ zero: ElementType) -> OperatorError {
    .invalid("output_dtype is \(attribute.name), the zero point's type is \(zero.name)")
  }
}

extension Attributes {
  /// An element type given by its number, where 0 or nothing means none.
  ///
  /// - Throws: `ImportError` (`invalidAttribute`) for a type that is not allowed here.
  mutating func optionalType(
    _ name: String, _ allowed: Set<ElementType>
  ) throws(ImportError) -> ElementType? {
    guard try int(name, default: 0) != 0, let type = try elementType(name) else { return nil }
    guard allowed.contains(type) else {
      throw ImportError(.invalidAttribute, "attribute '\(name)' is \(type.name), which is not possible here")
    }
    return type
  }
}
