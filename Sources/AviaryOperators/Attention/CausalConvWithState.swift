import AviaryCore
import AviaryKernels

/// A depthwise convolution over the past and present positions of each channel, with the last k - 1 positions as
/// a state that the next call takes.
///
/// Spec: CausalConvWithState. Input batch x channels x length, weight channels x 1 x k; without `past_state`
/// what lies before the input is 0.
struct CausalConvWithState: Operator {
  static let id = OperatorID("CausalConvWithState")
  static let opsets = 27...Opset.latest

  private static let types: Set<ElementType> = [.float, .float16, .bfloat16]

  private let isGated: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    isGated = try attributes.string("activation", default: "none", among: ["none", "silu", "swish"]) != "none"
  }

  /// The shape of the state.
  private func check(
    _ x: SymbolicShape, _ w: SymbolicShape, bias: SymbolicShape?, past: SymbolicShape?
  ) throws(OperatorError) -> [Extent] {
    for (index, shape) in [x, w].enumerated() {
      if let rank = shape.rank, rank != 3 { throw .rank(rank, input: index, needs: "3") }
    }
    guard !x[1].contradicts(w[0]), !w[1].contradicts(1) else {
      throw .invalid("weights of shape \(w) do not fit \(x[1]) channels: they need channels x 1 x k")
    }
    if let k = w[2].value, k < 1 { throw .invalid("the kernel has no taps") }
    let state = [x[0], x[1].merged(with: w[0]), w[2].value.map { .known($0 - 1) } ?? .unknown]
    for (index, shape, wanted) in [(2, bias, [state[1]]), (3, past, state)] {
      guard let dims = shape?.dims else { continue }
      guard dims.count == wanted.count, !zip(dims, wanted).contains(where: { $0.contradicts($1) }) else {
        throw .invalid("input \(index) has shape \(SymbolicShape(dims)), needs \(SymbolicShape(wanted))")
      }
    }
    return state
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try commonType(inputs, [0, 1] + [2, 3].filter { inputs.at($0) != nil }, Self.types)
    let state = try check(
      inputs[0].shape, inputs[1].shape, bias: inputs.at(2)?.shape, past: inputs.at(3)?.shape)
    let shape = inputs[0].shape.rank == nil ? SymbolicShape.rank(3) : inputs[0].shape
    return [ValueInfo(type, shape), ValueInfo(type, SymbolicShape(state))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, _) = try context.typedInput(0, Self.types)
    let (w, _) = try context.typedInput(1, [x.elementType])
    let bias = try context.optionalInput(2)
    let past = try context.optionalInput(3)
    for (index, tensor) in [(2, bias), (3, past)] {
      if let tensor, tensor.elementType != x.elementType { throw .type(tensor.elementType, input: index) }
    }
    _ = try check(
      SymbolicShape(x.shape), SymbolicShape(w.shape), bias: bias.map { SymbolicShape($0.shape) },
      past: past.map { SymbolicShape($0.shape) })
    let conv = CausalConv(
      planes: x.shape.product(0..<2), channels: x.shape[1], length: x.shape[2], taps: w.shape[2], isGated: isGated)
    let (values, weights) = (try context.elements(of: x, as: Float.self), try context.elements(of: w, as: Float.self))
    let biases = try context.optionalElements(2, as: Float.self)
    let states = try context.optionalElements(3, as: Float.self)
    // Each row with the state before it.
    let padded = try context.scratch(
      product(conv.planes, sum(conv.length, conv.taps - 1)), of: Float.self)
    let stateDims = [x.shape[0], x.shape[1], conv.taps - 1]
    try context.makeResult(0, x.elementType, x.shape.dims, as: Float.self) { y in
      guard let x = values.baseAddress, let w = weights.baseAddress, let padded = padded.baseAddress,
        let y = y.baseAddress
      else { return }
      conv.run(
        x, weights: w, bias: biases?.baseAddress, past: states?.baseAddress, padded: padded, y,
        parallel: context.parallel)
    }
    guard context.wants(1), let padded = padded.baseAddress else { return }
    try context.makeResult(1, x.elementType, stateDims, as: Float.self) { state in
      guard let state = state.baseAddress else { return }
      conv.state(UnsafePointer(padded), state)
    }
  }
}
