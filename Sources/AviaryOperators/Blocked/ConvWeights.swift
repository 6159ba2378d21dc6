import AviaryCore
import AviaryKernels

/// The constant weights of one convolution, and the forms into which kernels have packed them: made when a
/// plan first needs one, shared by all plans of the session.
final class ConvWeights: Sendable {
  private struct Forms {
    var pixels: PixelWeights?
    var narrow: PixelWeights?
    var depthwise: AlignedFloats?
    var winograd: [Int: WinogradWeights] = [:]
  }

  /// M x C/groups x kh x kw, float.
  private let plain: Tensor
  private let groups: Int
  let dims: [Int]
  private let forms = Guarded(Forms())

  /// - Throws: `OperatorError` for weights that are not four-dimensional floats.
  init(_ tensor: Tensor, groups: Int) throws(OperatorError) {
    guard tensor.elementType == .float else { throw .type(tensor.elementType, input: 1) }
    guard tensor.shape.rank == 4 else { throw .rank(tensor.shape.rank, input: 1, needs: "4") }
    plain = tensor
    dims = tensor.shape.dims
    self.groups = groups
  }

  private var taps: Int { dims[2] * dims[3] }

  /// Runs `make` on the plain weights unless the form is there already.
  private func form<Form: Sendable>(
    _ path: WritableKeyPath<Forms, Form?> & Sendable,
    _ make: (UnsafePointer<Float>) throws(TensorError) -> Form
  ) throws(OperatorError) -> Form {
    if let form = forms.withLock({ $0[keyPath: path] }) { return form }
    let made: Form
    do {
      guard let base = try plain.unsafeElements(as: Float.self).baseAddress else {
        throw TensorError.outOfMemory(bytes: 0)
      }
      made = try make(base)
      plain.releasePages()
    } catch let error as TensorError {
      throw OperatorError(error)
    } catch {
      throw .invalid("\(error)")
    }
    return forms.withLock { forms in
      // Two plans may have made it at once: the first stays.
      if let form = forms[keyPath: path] { return form }
      forms[keyPath: path] = made
      return made
    }
  }

  func pixels(_ order: PixelWeights.Order, parallel: any Parallel) throws(OperatorError) -> PixelWeights {
    try form(\.pixels) { base throws(TensorError) in try pack(base, order, parallel) }
  }

  /// In bfloat16, for blocked input.
  func narrowPixels(parallel: any Parallel) throws(OperatorError) -> PixelWeights {
    try form(\.narrow) { base throws(TensorError) in
      try PixelWeights(narrowing: pack(base, .blocked, parallel))
    }
  }

  private func pack(
    _ base: UnsafePointer<Float>, _ order: PixelWeights.Order, _ parallel: any Parallel
  ) throws(TensorError) -> PixelWeights {
    try PixelWeights(
      base, outputs: dims[0], groupInputs: dims[1], taps: taps, groups: groups, order: order,
      parallel: parallel)
  }

  func depthwise() throws(OperatorError) -> AlignedFloats {
    try form(\.depthwise) { base throws(TensorError) in
      try DepthwiseConv.packedWeights(base, channels: dims[0], taps: taps)
    }
  }

  func winograd(tile: Int, parallel: any Parallel) throws(OperatorError) -> WinogradWeights {
    try form(\.winograd[tile]) { base throws(TensorError) in
      try WinogradWeights(tile: tile, base, outputs: dims[0], inputs: dims[1], parallel: parallel)
    }
  }
}
