import AviaryCore
import AviaryKernels

/// Convolution of an image in blocked layout (`BlockLayout`), or of one in planes whose result is blocked.
///
/// `aviary.BlockedConv(X, W, B?, R?, scale?, shift?, gate?)`, made by the layout pass from Conv:
/// Y = activation(conv(X * gate, W) + B + R) * scale + shift. W is the standard tensor M x C/group x kh x kw;
/// W, B, scale and shift (one float an output channel) are constant. X is N x C/c x H x W x c, or N x C x H x W
/// with `input_layout` = `planar`; R and Y are N x M/c x H' x W' x c. Gate is N x C/c x 1 x 1 x c, with blocked X
/// in fp32 only. With the attribute `mean` a second result is the mean of Y over H' and W', N x M/c x 1 x 1 x c;
/// these two are what the squeeze-and-excite pass adds. The other attributes are those of Conv and of the
/// fused `aviary.Conv`.
struct BlockedConv: PreparingOperator, BindingOperator {
  static let id = OperatorID("BlockedConv", domain: OperatorID.aviaryDomain)
  static let opsets = 1...1

  private let window: WindowAttributes
  private let groups: Int
  private let isPlanar: Bool
  private let activation: Activation
  private let precision: Precision
  private let allowsWinograd: Bool
  private let hasMean: Bool
  private var weights: ConvWeights?
  private var constants: Constants?

  private struct Constants: Sendable {
    var bias: [Float]?
    var scale: [Float]?
    var shift: [Float]?
  }

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    window = try WindowAttributes(attributes: &attributes)
    attributes.ignore("kernel_shape")
    groups = try attributes.int("group", default: 1)
    activation = try attributes.activation()
    precision = try attributes.precision()
    let layout = try attributes.string("input_layout", default: "blocked", among: ["blocked", "planar"])
    isPlanar = layout == "planar"
    allowsWinograd = try attributes.bool("winograd", default: true)
    hasMean = try attributes.bool("mean", default: false)
    guard groups >= 1 else { throw ImportError(.invalidAttribute, "attribute 'group' is \(groups)") }
  }

  var consumedInputs: Set<Int> { weights == nil ? [] : [1, 2, 4, 5] }

  func prepared(_ inputs: [ValueInfo]) throws(OperatorError) -> any Operator {
    guard let tensor = inputs.at(1)?.tensor else { return self }
    var prepared = self
    prepared.weights = try ConvWeights(tensor, groups: groups)
    prepared.constants = try Self.constants(inputs)
    return prepared
  }

  private static func constants(_ inputs: [ValueInfo]) throws(OperatorError) -> Constants {
    func list(_ index: Int) throws(OperatorError) -> [Float]? {
      guard let info = inputs.at(index) else { return nil }
      guard let tensor = info.tensor else { throw .invalid("input \(index) must be constant") }
      return try checked { () throws(TensorError) in try tensor.array(of: Float.self) }
    }
    return Constants(bias: try list(2), scale: try list(4), shift: try list(5))
  }

  /// The convolution these extents of X make.
  private func conv(_ x: [Int], _ w: [Int]) throws(OperatorError) -> PlaneConv? {
    let rank = isPlanar ? 4 : 5
    guard x.count == rank else { throw .rank(x.count, input: 0, needs: "\(rank)") }
    guard w.count == 4 else { throw .rank(w.count, input: 1, needs: "4") }
    let channels = try product(w[1], groups)
    let layout = BlockLayout.current
    guard w[0] % groups == 0, isPlanar ? x[1] == channels : x[1] == layout.blocks(channels),
      isPlanar || x[4] == layout.lanes
    else { throw .invalid("an image \(x) does not fit weights \(w) in \(groups) groups") }
    return PlaneConv(
      ConvGeometry(
        batch: x[0], groups: groups, inputChannels: channels, outputChannels: w[0],
        axes: try window.axes(input: [x[2], x[3]], kernel: Array(w[2...]))))
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, [.float])
    guard let w = weights?.dims ?? inputs.at(1)?.shape.known, w.count == 4 else {
      return results(ValueInfo(type, .rank(5)), ValueInfo(type, .rank(5)))
    }
    let layout = BlockLayout.current
    guard let x = try inputs.required(0).shape.dims, x.count >= 4 else {
      return results(ValueInfo(type, .rank(5)), ValueInfo(type, .rank(5)))
    }
    let spatial = try window.outputs(input: [x[2], x[3]], kernel: Array(w[2...]))
    func image(_ area: [Extent]) -> ValueInfo {
      ValueInfo(type, SymbolicShape([x[0], .known(layout.blocks(w[0]))] + area + [.known(layout.lanes)]))
    }
    return results(image(spatial), image([1, 1]))
  }

  private func results(_ y: ValueInfo, _ mean: ValueInfo) -> [ValueInfo] { hasMean ? [y, mean] : [y] }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    guard let x = try inputs.required(0).shape.known else { return nil }
    let weights: ConvWeights
    if let own = self.weights {
      weights = own
    } else if let tensor = inputs.at(1)?.tensor {
      weights = try ConvWeights(tensor, groups: groups)
    } else {
      throw .invalid("the weights must be constant")
    }
    guard let conv = try conv(x, weights.dims) else {
      guard x.contains(0) else { throw .resource("the convolution of \(x) is too large") }
      guard !hasMean || x[0] == 0 else { throw .invalid("an image \(x) has no mean") }
      return EmptyKernel()
    }
    if let residual = inputs.at(3), let dims = residual.shape.known, dims != outputs.at(0)?.shape.known {
      throw .invalid("input 3 has shape \(dims)")
    }
    let isGated = inputs.at(6) != nil
    if let gate = inputs.at(6),
      isPlanar || precision != .fp32 || gate.shape.known != [x[0], x[1], 1, 1, x[x.count - 1]]
    {
      throw .invalid("input 6 must be a gate for each channel of a blocked image in fp32")
    }
    let own: Constants
    if let constants { own = constants } else { own = try Self.constants(inputs) }
    let choice = ConvChoice(
      conv, isPlanar: isPlanar, allowsWinograd: allowsWinograd && precision == .fp32 && !isGated)
    let epilogue = try checked { () throws(TensorError) in
      try ChannelEpilogue(
        channels: conv.outputChannels, bias: own.bias, scale: own.scale, shift: own.shift,
        activation: activation)
    }
    let parallel = ThreadPool.shared(threads: context.threads)
    let kernel: BlockedConvKernel.Form
    switch choice.algorithm {
    case .depthwise where isGated:
      throw .unsupported("a depthwise convolution with a gate")
    case .depthwise:
      let packed = try weights.depthwise()
      kernel = .depthwise(
        try checked { () throws(TensorError) in
          try DepthwiseConv(conv, weights: packed, epilogue: epilogue, threads: context.threads)
        })
    case .winograd(let tile):
      let packed = try weights.winograd(tile: tile, parallel: parallel)
      kernel = .winograd(
        try checked { () throws(TensorError) in
          try WinogradConv(conv, weights: packed, epilogue: epilogue, threads: context.threads)
        })
    case .direct, .planar:
      let order: PixelWeights.Order = isPlanar ? .planar : .blocked
      let packed = try isNarrow(choice) ? weights.narrowPixels(parallel: parallel)
        : weights.pixels(order, parallel: parallel)
      kernel = .pixel(
        try checked { () throws(TensorError) in
          try PixelConv(
            conv, weights: packed, order: order, epilogue: epilogue, isGated: isGated, threads: context.threads)
        })
    }
    let name = choice.algorithm == .direct && conv.isPointwise ? "pointwise" : choice.algorithm.name
    return BlockedConvKernel(
      form: kernel, choice: kernelChoice(name, choice), threads: context.threads,
      hasResidual: inputs.at(3) != nil, isGated: isGated,
      mean: hasMean
        ? Reorder(
          batch: conv.batch, channels: conv.outputChannels, area: conv.outputArea, plain: .channelsFirst)
        : nil)
  }

  /// Whether it is computed in bfloat16: its dot products take pairs of inputs of one output, which a
  /// depthwise convolution does not have and planes do not have side by side.
  private func isNarrow(_ choice: ConvChoice) -> Bool { precision == .bf16 && choice.algorithm == .direct }

  private func kernelChoice(_ name: String, _ choice: ConvChoice) -> KernelChoice {
    guard precision == .bf16 else { return KernelChoice(name, reason: choice.reason) }
    if isNarrow(choice) { return KernelChoice("\(name) \(Bf16Kernels.current.label)", reason: choice.reason) }
    let stays = "stays in fp32: bf16 multiplies pairs of channels in blocks"
    return KernelChoice(name, reason: choice.reason.isEmpty ? stays : "\(choice.reason); \(stays)")
  }

  func run(_ context: RunContext) throws(OperatorError) { try runBound(context) }
}

/// A convolution bound to its shapes.
private struct BlockedConvKernel: BoundKernel {
  enum Form: Sendable {
    case depthwise(DepthwiseConv)
    case winograd(WinogradConv)
    case pixel(PixelConv)
  }

  let form: Form
  let choice: KernelChoice
  let threads: Int
  let hasResidual: Bool
  let isGated: Bool
  /// Takes the mean of the result, where it is wanted.
  let mean: Reorder?

  var scratchBytes: Int {
    switch form {
    case .depthwise(let conv): conv.scratchFloats(threads: threads, hasMean: mean != nil) * 4
    case .winograd(let conv): conv.scratchFloats(threads: threads) * 4
    case .pixel(let conv): conv.scratchFloats(threads: threads) * 4
    }
  }

  func run(_ io: KernelIO) {
    guard let x = io.input(0), let y = io.output(0) else { return }
    let residual = hasResidual ? io.input(3) : nil
    let means = mean == nil ? nil : io.output(1)
    switch form {
    case .depthwise(let conv):
      return conv.run(
        x: x, residual: residual, y: y, mean: means, scratch: io.floatScratch, parallel: io.parallel)
    case .winograd(let conv):
      conv.run(x: x, residual: residual, y: y, scratch: io.floatScratch, parallel: io.parallel)
    case .pixel(let conv):
      conv.run(
        x: x, gate: isGated ? io.input(6) : nil, residual: residual, y: y, scratch: io.floatScratch,
        parallel: io.parallel)
    }
    if let mean, let means { mean.means(UnsafePointer(y), means, parallel: io.parallel) }
  }
}

/// For outputs without elements.
struct EmptyKernel: BoundKernel {
  let choice = KernelChoice("empty")
  func run(_ io: KernelIO) {}
}
