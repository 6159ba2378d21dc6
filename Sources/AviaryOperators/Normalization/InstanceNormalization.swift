import AviaryCore
import AviaryKernels

/// y = scale[c] * (x - mean) / sqrt(variance + epsilon) + B[c], statistics per image and channel.
///
/// Spec: InstanceNormalization. Versions 1, 6 and 22 compute the same.
struct InstanceNormalization: Operator {
  static let id = OperatorID("InstanceNormalization")
  static let opsets = 1...Opset.latest

  private let epsilon: Double

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    epsilon = Double(try attributes.float("epsilon", default: 1e-5))
    if opset < 6 { attributes.ignore("consumed_inputs") }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, .reals)
    let shape = try inputs.required(0).shape
    if let rank = shape.rank, rank < 2 { throw .rank(rank, input: 0, needs: "2 or more") }
    return [ValueInfo(type, shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, compute) = try context.typedInput(0, .reals)
    let dims = x.shape.dims
    guard dims.count >= 2 else { throw .rank(dims.count, input: 0, needs: "2 or more") }
    let scale = try context.channelParameter(1, channels: dims[1], compute)
    let bias = try context.channelParameter(2, channels: dims[1], compute)
    let input = try context.address(of: x, in: compute)
    let area = dims.dropFirst(2).reduce(1, *)
    try context.makeResult(0, x.elementType, dims, in: compute) { output throws(OperatorError) in
      Normalize.run(
        isDouble: compute == .double, x: input, y: output, groups: dims[0] * dims[1], size: area,
        epsilon: epsilon, scale: scale, bias: bias, repeats: area, affine: { $0 % dims[1] },
        parallel: context.parallel)
    }
  }
}

extension RunContext {
  /// A parameter with one value a channel.
  ///
  /// - Throws: `OperatorError` where it is missing or of another size.
  func channelParameter(
    _ index: Int, channels: Int, _ compute: ComputeType
  ) throws(OperatorError) -> UnsafeRawPointer {
    let (tensor, _) = try typedInput(index, .reals)
    guard tensor.shape.dims == [channels] else {
      throw .invalid("input \(index) has shape \(tensor.shape), needs \(channels)")
    }
    return try address(of: tensor, in: compute)
  }
}
