import AviaryCore
import AviaryKernels

/// y = scale * (x - mean) / sqrt(variance + epsilon) + bias, statistics per image and group of channels.
///
/// Spec: GroupNormalization. In version 18 scale and bias have one value a group, since 21 one a channel.
struct GroupNormalization: Operator {
  static let id = OperatorID("GroupNormalization")
  static let opsets = 18...Opset.latest

  private let groups: Int
  private let epsilon: Double
  private let perChannel: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    groups = try attributes.int("num_groups").required("num_groups")
    epsilon = Double(try attributes.float("epsilon", default: 1e-5))
    perChannel = opset >= 21
    // Statistics are computed in float or wider whatever the stash type.
    if opset >= 21 { _ = try attributes.elementType("stash_type") }
    guard groups >= 1 else { throw ImportError(.invalidAttribute, "attribute 'num_groups' is \(groups)") }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, .reals)
    let shape = try inputs.required(0).shape
    if let rank = shape.rank, rank < 2 { throw .rank(rank, input: 0, needs: "2 or more") }
    if let channels = shape[1].value { try check(channels) }
    return [ValueInfo(type, shape)]
  }

  private func check(_ channels: Int) throws(OperatorError) {
    guard channels % groups == 0 else {
      throw .invalid("\(channels) channels cannot be divided into \(groups) groups")
    }
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, compute) = try context.typedInput(0, .reals)
    let dims = x.shape.dims
    guard dims.count >= 2 else { throw .rank(dims.count, input: 0, needs: "2 or more") }
    try check(dims[1])
    let count = perChannel ? dims[1] : groups
    let scale = try context.channelParameter(1, channels: count, compute)
    let bias = try context.channelParameter(2, channels: count, compute)
    let input = try context.address(of: x, in: compute)
    let area = dims.dropFirst(2).reduce(1, *)
    let channels = dims[1] / groups
    try context.makeResult(0, x.elementType, dims, in: compute) { output throws(OperatorError) in
      guard x.count > 0 else { return }
      Normalize.run(
        isDouble: compute == .double, x: input, y: output, groups: dims[0] * groups, size: channels * area,
        epsilon: epsilon, scale: scale, bias: bias, repeats: perChannel ? area : channels * area,
        affine: { $0 % groups * (perChannel ? channels : 1) }, parallel: context.parallel)
    }
  }
}
