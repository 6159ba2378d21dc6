import AviaryCore
import AviaryKernels

/// Y = (X - mean) / sqrt(variance + epsilon) * Scale + B, statistics over the axes from `axis` on.
///
/// Spec: LayerNormalization, with the outputs Mean and InvStdDev in `stash_type`. Scale and B broadcast to X.
struct LayerNormalization: BindingOperator {
  static let id = OperatorID("LayerNormalization")
  static let opsets = 17...Opset.latest

  private let attributes: TrailingAxesNormalization

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    self.attributes = try TrailingAxesNormalization(attributes: &attributes)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, .reals)
    let shape = try inputs.required(0).shape
    let statistics = ValueInfo(attributes.stash, try attributes.statistics(shape))
    return [ValueInfo(type, shape), statistics, statistics]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    try attributes.run(context, centered: true, resultType: context.input(0).elementType)
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    try attributes.bind(inputs, outputs, isCentered: true)
  }
}

/// Y = X / sqrt(mean of X^2 + epsilon) * scale, the mean over the axes from `axis` on.
///
/// Spec: RMSNormalization. The result has the type of the scale.
struct RMSNormalization: BindingOperator {
  static let id = OperatorID("RMSNormalization")
  static let opsets = 23...Opset.latest

  private let attributes: TrailingAxesNormalization

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    self.attributes = try TrailingAxesNormalization(attributes: &attributes)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    _ = try checkedType(inputs, 0, .reals)
    let shape = try inputs.required(0).shape
    _ = try attributes.statistics(shape)
    return [ValueInfo(try checkedType(inputs, 1, .reals), shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    try attributes.run(context, centered: false, resultType: context.input(1).elementType)
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    try attributes.bind(inputs, outputs, isCentered: false)
  }
}

/// What LayerNormalization and RMSNormalization share.
struct TrailingAxesNormalization: Sendable {
  let axis: Int
  let epsilon: Double
  /// The type of the statistics. They are computed in float or wider.
  let stash: ElementType

  init(attributes: inout Attributes) throws(ImportError) {
    axis = try attributes.int("axis", default: -1)
    epsilon = Double(try attributes.float("epsilon", default: 1e-5))
    stash = try attributes.elementType("stash_type") ?? .float
    guard Set<ElementType>.reals.contains(stash) else {
      throw ImportError(.invalidAttribute, "attribute 'stash_type' is \(stash.name), must be a float type")
    }
  }

  /// The shape of the statistics: the input's with 1 from `axis` on.
  func statistics(_ shape: SymbolicShape) throws(OperatorError) -> SymbolicShape {
    guard let dims = shape.dims else { return .unknown }
    let first = try normalizedAxis(axis, rank: dims.count)
    return SymbolicShape(dims[..<first] + dims[first...].map { _ in .known(1) })
  }

  func run(_ context: RunContext, centered: Bool, resultType: ElementType) throws(OperatorError) {
    let (x, compute) = try context.typedInput(0, .reals)
    let dims = x.shape.dims
    let first = try normalizedAxis(axis, rank: dims.count)
    let size = dims[first...].reduce(1, *)
    let groups = dims[..<first].reduce(1, *)
    let scale = try affine(context, 1, dims, first, compute)
    var bias: Affine?
    if centered, context.optionalValue(2) != nil { bias = try affine(context, 2, dims, first, compute) }
    // A parameter that differs between groups is laid out like X; then both are.
    let perGroup = scale.perGroup || bias?.perGroup == true
    let factors = try layOut(context, scale, perGroup, groups, size, compute)
    var shifts: UnsafeRawPointer?
    if let bias { shifts = try layOut(context, bias, perGroup, groups, size, compute) }
    let input = try context.address(of: x, in: compute)
    let mean = try context.scratch(groups, in: compute)
    let inverse = try context.scratch(groups, in: compute)
    try context.makeResult(0, resultType, dims, in: compute) { output throws(OperatorError) in
      Normalize.run(
        isDouble: compute == .double, x: input, y: output, groups: groups, size: size, centered: centered,
        epsilon: epsilon, scale: factors, bias: shifts, repeats: 1, affine: { perGroup ? $0 * size : 0 },
        mean: mean, inverse: inverse, parallel: context.parallel)
    }
    guard centered else { return }
    let statisticsDims = dims[..<first] + dims[first...].map { _ in 1 }
    for (index, values) in [(1, mean), (2, inverse)] where context.wants(index) {
      let row = try context.makeRow(index, stash, Array(statisticsDims))
      convert(
        ElementRow(values, compute.elementType), row, count: groups, parallel: context.parallel)
    }
  }

  /// A scale or bias: its values over the normalised axes, or over all of X.
  private struct Affine {
    let values: UnsafeRawPointer
    let perGroup: Bool
  }

  private func affine(
    _ context: RunContext, _ index: Int, _ dims: [Int], _ first: Int, _ compute: ComputeType
  ) throws(OperatorError) -> Affine {
    let (tensor, _) = try context.typedInput(index, .reals)
    let own = tensor.shape.dims
    let fits = zip(own.reversed(), dims.reversed()).allSatisfy { $0 == 1 || $0 == $1 }
    guard own.count <= dims.count, fits else {
      throw .invalid("input \(index) of shape \(tensor.shape) does not broadcast to \(dims)")
    }
    let aligned = [Int](repeating: 1, count: dims.count - own.count) + own
    let perGroup = aligned[..<first].contains { $0 != 1 }
    let target = perGroup ? dims : Array(dims[first...])
    let source = perGroup ? aligned : Array(aligned[first...])
    let values = try context.address(of: tensor, in: compute)
    guard source != target else { return Affine(values: values, perGroup: perGroup) }
    let count = try checked { () throws(TensorError) in try Shape(target) }.count
    let copy = try context.scratch(count, in: compute)
    guard count > 0 else { return Affine(values: copy, perGroup: perGroup) }
    let width = compute.stride
    var digits = [Int](repeating: 0, count: target.count)
    for position in 0..<count {
      let from = zip(source, digits).reduce(0) { $0 * $1.0 + ($1.0 == 1 ? 0 : $1.1) }
      (copy + position * width).copyMemory(from: values + from * width, byteCount: width)
      for axis in target.indices.reversed() {
        digits[axis] += 1
        if digits[axis] < target[axis] { break }
        digits[axis] = 0
      }
    }
    return Affine(values: copy, perGroup: perGroup)
  }

  /// The values once for every group where the other parameter needs that.
  private func layOut(
    _ context: RunContext, _ affine: Affine, _ perGroup: Bool, _ groups: Int, _ size: Int,
    _ compute: ComputeType
  ) throws(OperatorError) -> UnsafeRawPointer {
    guard perGroup, !affine.perGroup else { return affine.values }
    let bytes = size * compute.stride
    let copy = try context.scratch(product(groups, size), in: compute)
    for group in 0..<groups { (copy + group * bytes).copyMemory(from: affine.values, byteCount: bytes) }
    return UnsafeRawPointer(copy)
  }
}
