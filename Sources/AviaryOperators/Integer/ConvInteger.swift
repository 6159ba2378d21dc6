import AviaryCore
import AviaryKernels

/// Y = convolution of (X - x_zero_point) with (W - w_zero_point) in 32-bit integers.
///
/// Spec: ConvInteger. The zero point of W is one number or one an output channel. What pads is x_zero_point,
/// so that it counts as 0.
struct ConvInteger: PreparingOperator {
  static let id = OperatorID("ConvInteger")
  static let opsets = 10...Opset.latest

  private var convolution: IntegerConvolution

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    convolution = try IntegerConvolution(attributes: &attributes)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    for index in 0..<2 {
      let type = try checkedType(inputs, index, .bytes)
      if let type, inputs.at(index + 2) != nil { _ = try checkedType(inputs, index + 2, [type]) }
    }
    return [ValueInfo(.int32, try convolution.infer(inputs[0].shape, inputs[1].shape))]
  }

  func prepared(_ inputs: [ValueInfo]) throws(OperatorError) -> any Operator {
    var prepared = self
    let zeros: Tensor?? = inputs.at(3) == nil ? .some(nil) : inputs.at(3)?.tensor.map { .some($0) }
    prepared.convolution = try convolution.prepared(inputs.at(1)?.tensor, zeros: zeros)
    return prepared
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, w) = (try context.byteInput(0), try context.byteInput(1))
    let geometry = try convolution.geometry(x.shape.dims, w.shape.dims)
    let zero = try context.single(context.zeroPoints(2, of: x.elementType), 2)
    let zeros = try context.perChannel(context.zeroPoints(3, of: w.elementType), 3, geometry.outputChannels)
    try convolution.run(
      context, x: x, zero: zero, weights: w, weightZeros: zeros, geometry: geometry, output: .int32,
      requantization: nil)
  }
}
