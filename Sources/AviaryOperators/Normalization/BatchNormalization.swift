import AviaryCore
import AviaryKernels

/// Y = (X - mean) / sqrt(var + epsilon) * scale + B, per channel.
///
/// Spec: BatchNormalization. Training: before version 7 where `is_test` is 0, from 7 to 13 where the node has
/// more than one output, since 14 where `training_mode` says so; mean and variance are then the batch's, and
/// the running ones are `momentum` times the old plus the rest times the batch's. Before version 9
/// `spatial` = 0 keeps a statistic per position. Since 14 types of input and statistics may differ.
struct BatchNormalization: Operator {
  static let id = OperatorID("BatchNormalization")
  static let opsets = 1...Opset.latest

  private let epsilon: Double
  private let momentum: Double
  private let spatial: Bool
  private let opset: Int
  private let isTest: Bool
  private let trainingMode: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    self.opset = opset
    epsilon = Double(try attributes.float("epsilon", default: 1e-5))
    momentum = Double(try attributes.float("momentum", default: 0.9))
    spatial = try opset < 9 ? attributes.bool("spatial", default: true) : true
    isTest = try opset < 7 ? attributes.bool("is_test", default: false) : false
    trainingMode = try opset >= 14 ? attributes.bool("training_mode", default: false) : false
    if opset < 6 { attributes.ignore("consumed_inputs") }
  }

  /// Whether a node with this many outputs trains. A model without further outputs wants no statistics, so it
  /// is run for its results, whatever an old `is_test` says.
  private func trains(outputs: Int) -> Bool { opset >= 14 ? trainingMode : outputs > 1 && !isTest }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, .reals)
    let x = try inputs.required(0).shape
    if let rank = x.rank, rank < 1 { throw .rank(rank, input: 0, needs: "1 or more") }
    let mean = try inputs.required(3)
    let statistics = ValueInfo(mean.elementType, mean.shape)
    return [ValueInfo(type, x)] + [ValueInfo](repeating: statistics, count: opset >= 14 ? 2 : 4)
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, compute) = try context.typedInput(0, .reals)
    let dims = x.shape.dims
    guard !dims.isEmpty else { throw .rank(0, input: 0, needs: "1 or more") }
    // Without a channel axis there is one channel. A statistic per position: every position is a channel.
    let rest = dims.dropFirst().reduce(1, *)
    let channels = spatial ? (dims.count > 1 ? dims[1] : 1) : rest
    let sizes = BatchNormalize(
      batch: dims[0], channels: channels, area: spatial ? dims.dropFirst(2).reduce(1, *) : 1)
    var parameters: [UnsafeRawPointer] = []
    for index in 1...4 {
      let (tensor, _) = try context.typedInput(index, .reals)
      guard tensor.count == channels else {
        throw .invalid("input \(index) has shape \(tensor.shape), needs \(channels) values")
      }
      parameters.append(try context.address(of: tensor, in: compute))
    }
    let isDouble = compute == .double
    let input = try context.address(of: x, in: compute)
    var (mean, variance) = (parameters[2], parameters[3])
    if trains(outputs: context.outputs.count) {
      let batchMean = try context.scratch(channels, in: compute)
      let batchVariance = try context.scratch(channels, in: compute)
      sizes.statistics(
        isDouble: isDouble, x: input, mean: batchMean, variance: batchVariance, parallel: context.parallel)
      try setStatistics(context, compute, channels, old: (mean, variance), new: (batchMean, batchVariance))
      (mean, variance) = (UnsafeRawPointer(batchMean), UnsafeRawPointer(batchVariance))
    } else {
      for index in 1..<max(1, context.outputs.count) where context.wants(index) {
        context.set(index, try context.input(index % 2 == 1 ? 3 : 4))
      }
    }
    try context.makeResult(0, x.elementType, dims, in: compute) { output throws(OperatorError) in
      sizes.apply(
        isDouble: isDouble, x: input, y: output,
        .init(scale: parameters[0], bias: parameters[1], mean: mean, variance: variance),
        epsilon: epsilon, parallel: context.parallel)
    }
  }

  /// Sets the running mean and variance, and before version 14 the batch's own as outputs 3 and 4.
  private func setStatistics(
    _ context: RunContext, _ compute: ComputeType, _ channels: Int,
    old: (UnsafeRawPointer, UnsafeRawPointer), new: (UnsafeMutableRawPointer, UnsafeMutableRawPointer)
  ) throws(OperatorError) {
    func set<T: RealElement>(_ type: T.Type) throws(OperatorError) {
      let pairs = [(old.0, new.0), (old.1, new.1)]
      for (index, pair) in pairs.enumerated() {
        let before = pair.0.assumingMemoryBound(to: T.self)
        let batch = pair.1.assumingMemoryBound(to: T.self)
        let statistics = try context.input(3 + index)
        if context.wants(1 + index) {
          try context.makeResult(1 + index, statistics.elementType, statistics.shape.dims, as: T.self) { y in
            for c in 0..<channels { y[c] = before[c] * T(momentum) + batch[c] * T(1 - momentum) }
          }
        }
        if context.wants(3 + index) {
          try context.makeResult(3 + index, statistics.elementType, statistics.shape.dims, as: T.self) { y in
            for c in 0..<channels { y[c] = batch[c] }
          }
        }
      }
    }
    if compute == .double { try set(Double.self) } else { try set(Float.self) }
  }
}
