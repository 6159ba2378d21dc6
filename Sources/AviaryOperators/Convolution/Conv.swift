import AviaryCore
import AviaryKernels

/// Y[n, m, o] = B[m] + sum over c, t of W[m, c, t] * X[n, g(m) + c, o * stride - pad + t * dilation].
///
/// Spec: Conv. All ranks, groups, `auto_pad`. Versions 1, 11 and 22 differ in element types and defaults
/// written down, not in what is computed. float16 and bfloat16 are computed in float and rounded once.
///
/// The `aviary` form has a fourth input (a residual of the output's shape, added before the activation) and
/// the attributes `activation` and `activation_params` (see `Activation`).
struct ConvOperator<Form: OperatorForm>: PreparingOperator {
  static var id: OperatorID { Form.id("Conv") }
  static var opsets: ClosedRange<Int> { Form.opsets }

  private let window: WindowAttributes
  private let kernelShape: [Int]?
  private let groups: Int
  private let activation: Activation
  let precision: Precision
  private var weights = Weights.input

  /// What is known of the weights.
  private enum Weights {
    /// Nothing before the run: the second input.
    case input
    /// Constant, as the model has them but in float.
    case plain(Tensor)
    /// Constant and packed; the dims are the model's.
    case packed(PackedRows, dims: [Int])
  }

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    window = try WindowAttributes(attributes: &attributes)
    kernelShape = try attributes.ints("kernel_shape")
    groups = try attributes.int("group", default: 1)
    activation = Form.isFused ? try attributes.activation() : .none
    precision = Form.isFused ? try attributes.precision() : .fp32
    guard groups >= 1 else { throw ImportError(.invalidAttribute, "attribute 'group' is \(groups)") }
  }

  // MARK: Geometry

  private func geometry(_ x: [Int], _ w: [Int]) throws(OperatorError) -> ConvGeometry {
    guard x.count >= 3 else { throw .rank(x.count, input: 0, needs: "3 or more") }
    guard w.count == x.count else { throw .rank(w.count, input: 1, needs: "\(x.count), as the input") }
    try check(channels: .known(x[1]), w)
    return ConvGeometry(
      batch: x[0], groups: groups, inputChannels: x[1], outputChannels: w[0],
      axes: try window.axes(input: Array(x[2...]), kernel: Array(w[2...])))
  }

  private func check(channels: Extent, _ w: [Int]) throws(OperatorError) {
    if let kernelShape, kernelShape != Array(w[2...]) {
      throw .invalid("attribute 'kernel_shape' is \(kernelShape), the weights have \(Array(w[2...]))")
    }
    guard w[0] % groups == 0 else {
      throw .invalid("\(w[0]) output channels cannot be divided into \(groups) groups")
    }
    guard let channels = channels.value else { return }
    let (needed, overflow) = w[1].multipliedReportingOverflow(by: groups)
    guard !overflow, needed == channels else {
      throw .invalid(
        "the input has \(channels) channels, weights \(w) with \(groups) groups need "
          + (overflow ? "more than there can be" : "\(needed)"))
    }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, .reals)
    let x = try inputs.required(0).shape
    let w = try inputs.required(1).shape
    guard let rank = x.rank ?? w.rank else { return [ValueInfo(type, .unknown)] }
    guard rank >= 3 else { throw .rank(rank, input: 0, needs: "3 or more") }
    if let other = w.rank, other != rank { throw .rank(other, input: 1, needs: "\(rank), as the input") }
    guard let input = x.dims, let weights = w.known else {
      let spatial = [Extent](repeating: .unknown, count: rank - 2)
      return [ValueInfo(type, SymbolicShape([x[0], w[0]] + spatial))]
    }
    try check(channels: input[1], weights)
    let spatial = try window.outputs(input: Array(input[2...]), kernel: Array(weights[2...]))
    return [ValueInfo(type, SymbolicShape([input[0], .known(weights[0])] + spatial))]
  }

  // MARK: Preparation

  func prepared(_ inputs: [ValueInfo]) throws(OperatorError) -> any Operator {
    guard let tensor = inputs.at(1)?.tensor, tensor.elementType.computeType == .float else { return self }
    let dims = tensor.shape.dims
    guard dims.count >= 3, dims[0] % groups == 0 else { return self }
    var prepared = self
    let float = try tensor.asFloat()
    if ConvKernel.alwaysPacks(groupInputs: dims[1], groupOutputs: dims[0] / groups, kernel: Array(dims[2...])),
      let packed = try pack(float)
    {
      prepared.weights = .packed(packed, dims: dims)
    } else {
      prepared.weights = .plain(float)
    }
    return prepared
  }

  var consumedInputs: Set<Int> { if case .packed = weights { [1] } else { [] } }

  private func pack(_ weights: Tensor) throws(OperatorError) -> PackedRows? {
    let dims = weights.shape.dims
    return try checked { () throws(TensorError) in
      try ConvKernel.pack(
        weights.unsafeElements(as: Float.self), groups: groups, outputChannels: dims[0],
        depth: weights.shape.product(1..<dims.count))
    }
  }

  // MARK: Run

  func run(_ context: RunContext) throws(OperatorError) {
    let x = try context.input(0)
    guard Set<ElementType>.reals.contains(x.elementType) else { throw .type(x.elementType, input: 0) }
    let weightDims: [Int]
    if case .packed(_, let dims) = weights {
      weightDims = dims
    } else {
      weightDims = try context.input(1).shape.dims
      try requireSameType(context, x.elementType, 1)
    }
    let geometry = try geometry(x.shape.dims, weightDims)
    try requireSameType(context, x.elementType, 2)
    if let bias = try context.optionalInput(2), bias.shape.dims != [geometry.outputChannels] {
      throw .invalid("input 2 has shape \(bias.shape), needs \(geometry.outputChannels)")
    }
    let dims = [geometry.batch, geometry.outputChannels] + geometry.axes.map(\.output)
    if Form.isFused, let residual = try context.optionalInput(3) {
      try requireSameType(context, x.elementType, 3)
      guard residual.shape.dims == dims else {
        throw .invalid("input 3 has shape \(residual.shape), needs \(dims)")
      }
    }
    if x.elementType == .double {
      try runDouble(context, x, geometry, dims)
    } else {
      try runFloat(context, x, geometry, dims)
    }
  }

  private func requireSameType(
    _ context: RunContext, _ type: ElementType, _ index: Int
  ) throws(OperatorError) {
    if let tensor = try context.optionalInput(index), tensor.elementType != type {
      throw .type(tensor.elementType, input: index)
    }
  }

  private func runFloat(
    _ context: RunContext, _ x: Tensor, _ geometry: ConvGeometry, _ dims: [Int]
  ) throws(OperatorError) {
    let kernel = ConvKernel(geometry)
    var plain: UnsafeBufferPointer<Float>?
    var packed: PackedRows?
    switch weights {
    case .packed(let rows, _): packed = rows
    case .plain(let tensor): plain = try context.elements(of: tensor, as: Float.self)
    case .input: plain = try context.elements(of: context.input(1), as: Float.self)
    }
    if kernel.needsPackedWeights, packed == nil, let plain {
      packed = try checked { () throws(TensorError) in
        try ConvKernel.pack(
          plain, groups: groups, outputChannels: geometry.outputChannels, depth: geometry.depth)
      }
    }
    let slots = context.parallel.threads
    let size = kernel.scratchSize
    let memory = try context.scratch(product(size, slots), of: Float.self)
    let elements = try context.elements(of: x, as: Float.self)
    let bias = try context.optionalElements(2, as: Float.self)
    let residual = Form.isFused ? try context.optionalElements(3, as: Float.self) : nil
    try context.makeResult(0, x.elementType, dims, as: Float.self) { y in
      kernel.run(
        x: elements, plain: plain, packed: packed, bias: bias, residual: residual, y: y,
        activation: activation, scratch: WorkerScratch(memory, slots: slots, slotSize: size),
        parallel: context.parallel)
    }
  }

  private func runDouble(
    _ context: RunContext, _ x: Tensor, _ geometry: ConvGeometry, _ dims: [Int]
  ) throws(OperatorError) {
    let y = try context.make(0, dims, as: Double.self)
    ConvDouble.run(
      geometry, x: try context.elements(0), weights: try context.elements(1),
      bias: try context.optionalElements(2, as: Double.self), y: y, parallel: context.parallel)
    guard Form.isFused else { return }
    let residual = try context.optionalElements(3, as: Double.self)
    for i in y.indices { y[i] = activation(y[i] + (residual?[i] ?? 0)) }
  }
}
