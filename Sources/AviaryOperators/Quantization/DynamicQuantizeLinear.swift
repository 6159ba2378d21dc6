import AviaryCore
import AviaryKernels

/// Quantises to uint8 with a scale and a zero point taken from the data: the range of x, widened to hold 0,
/// becomes 0...255. Outputs y, scale (float) and zero point (uint8).
struct DynamicQuantizeLinear: Operator {
  static let id = OperatorID("DynamicQuantizeLinear")
  static let opsets = 11...Opset.latest

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {}

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    _ = try checkedType(inputs, 0, [.float])
    return [ValueInfo(.uint8, inputs[0].shape), ValueInfo(.float, [Int]()), ValueInfo(.uint8, [Int]())]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, row) = try context.operand(0, [.float])
    let (scale, zero) = dynamicScale(try context.elements(0, as: Float.self))
    let y = try context.makeRow(0, .uint8, x.shape.dims)
    try context.make(1, [], as: Float.self).initialize(repeating: scale)
    try context.make(2, [], as: UInt8.self).initialize(repeating: zero)
    var (scaleValue, zeroValue) = (scale, zero)
    withUnsafePointer(to: &scaleValue) { scales in
      withUnsafePointer(to: &zeroValue) { zeros in
        quantize(
          row, scale: ElementRow(scales, .float), zeroPoint: ElementRow(zeros, .uint8), y,
          over: QuantizationGeometry(.tensor, AxisGeometry(outer: 1, length: x.count, inner: 1)),
          precision: .float, parallel: context.parallel)
      }
    }
  }
}
