import AviaryCore
import AviaryKernels

/// y = saturate(round((sum of (x - x_zero) (w - w_zero) + B) * x_scale * w_scale / y_scale) + y_zero).
///
/// Spec: QLinearConv. Scale and zero point of w are one number or one an output channel; B has the scale
/// x_scale * w_scale.
struct QLinearConv: PreparingOperator {
  static let id = OperatorID("QLinearConv")
  static let opsets = 10...Opset.latest

  private var convolution: IntegerConvolution

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    convolution = try IntegerConvolution(attributes: &attributes)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    for index in [0, 3] {
      let type = try checkedType(inputs, index, .bytes)
      _ = try checkedType(inputs, index + 1, [.float])
      _ = try checkedType(inputs, index + 2, type.map { [$0] } ?? .bytes)
    }
    _ = try checkedType(inputs, 6, [.float])
    let type = try checkedType(inputs, 7, .bytes)
    if inputs.at(8) != nil { _ = try checkedType(inputs, 8, [.int32]) }
    return [ValueInfo(type, try convolution.infer(inputs[0].shape, inputs[3].shape))]
  }

  func prepared(_ inputs: [ValueInfo]) throws(OperatorError) -> any Operator {
    var prepared = self
    prepared.convolution = try convolution.prepared(
      inputs.at(3)?.tensor, zeros: inputs.at(5)?.tensor.map { .some($0) })
    return prepared
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, w) = (try context.byteInput(0), try context.byteInput(3))
    let geometry = try convolution.geometry(x.shape.dims, w.shape.dims)
    let channels = geometry.outputChannels
    for index in [2, 5, 7] { _ = try context.input(index) }
    let zero = try context.single(context.zeroPoints(2, of: x.elementType), 2)
    let zeros = try context.perChannel(context.zeroPoints(5, of: w.elementType), 5, channels)
    let output = try context.byteInput(7).elementType
    let target = try context.single(context.zeroPoints(7, of: output), 7)
    let scale = try context.single(context.scales(1), 1)
    let weightScales = try context.perChannel(context.scales(4), 4, channels)
    let outputScale = try context.single(context.scales(6), 6)
    var bias: [Int32]?
    if let tensor = try context.optionalInput(8) {
      guard tensor.elementType == .int32 else { throw .type(tensor.elementType, input: 8) }
      guard tensor.shape.dims == [channels] else {
        throw .invalid("input 8 has shape \(tensor.shape), needs \(channels)")
      }
      bias = Array(try context.elements(8, as: Int32.self))
    }
    let requantization = Requantization(
      channels: channels, groups: geometry.groups, bias: bias,
      scale: weightScales.map { scale * $0 / outputScale }, zero: target, isSigned: output == .int8)
    try convolution.run(
      context, x: x, zero: zero, weights: w, weightZeros: zeros, geometry: geometry, output: output,
      requantization: requantization)
  }
}
