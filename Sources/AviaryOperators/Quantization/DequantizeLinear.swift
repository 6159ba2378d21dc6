import AviaryCore
import AviaryKernels

/// y = (x - zero_point) * scale, for one scale, one a channel (opset 13) or one a block (21). The output has
/// the scale's type, or `output_dtype` (23).
struct DequantizeLinear: Operator {
  static let id = OperatorID("DequantizeLinear")
  static let opsets = 10...Opset.latest
  let axis: QuantizationAxis
  let outputType: ElementType?

  private static let inputTypes = Set.quantized.union([.int32])
  private static let outputTypes: Set<ElementType> = [.float, .float16, .bfloat16]
  private static let scaleTypes = outputTypes.union([.float8e8m0])

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    axis = try QuantizationAxis(attributes: &attributes, opset: opset)
    outputType = opset >= 23 ? try attributes.optionalType("output_dtype", Self.outputTypes) : nil
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, Self.inputTypes)
    let scale = try checkedType(inputs, 1, Self.scaleTypes)
    if inputs.at(2) != nil, let type { _ = try checkedType(inputs, 2, [type]) }
    return [ValueInfo(outputType ?? scale.map(resultType), inputs[0].shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, row) = try context.operand(0, Self.inputTypes)
    let (scale, scales) = try context.operand(1, Self.scaleTypes)
    let zero = try context.zeroPoint(2, like: scale.shape, [x.elementType])
    let geometry = try axis.geometry(x.shape, scale: scale.shape)
    let y = try context.makeRow(0, outputType ?? resultType(scale.elementType), x.shape.dims)
    dequantize(row, scale: scales, zeroPoint: zero, y, over: geometry, parallel: context.parallel)
  }

  /// A scale that is a bare power of two has no type that an output could have.
  private func resultType(_ scale: ElementType) -> ElementType { scale == .float8e8m0 ? .float : scale }
}
