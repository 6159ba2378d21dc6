import AviaryCore
import AviaryKernels

extension TrailingAxesNormalization {
  /// The kernel for single precision with one factor (and one summand) an element of the normalised axes.
  func bind(
    _ inputs: [ValueInfo], _ outputs: [ValueInfo], isCentered: Bool
  ) throws(OperatorError) -> (any BoundKernel)? {
    let info = try inputs.required(0)
    guard info.elementType == .float, let dims = info.shape.known, stash == .float else { return nil }
    let first = try normalizedAxis(axis, rank: dims.count)
    let parameters = [inputs.at(1), isCentered ? inputs.at(2) : nil].compactMap { $0 }
    // Parameters that repeat or differ between rows are for the general form.
    for parameter in parameters {
      guard parameter.elementType == .float, let own = parameter.shape.known,
        own.drop(while: { $0 == 1 }).elementsEqual(dims[first...].drop(while: { $0 == 1 }))
      else { return nil }
    }
    guard !parameters.isEmpty else { return nil }
    let shape = try checked { () throws(TensorError) in try Shape(dims) }
    let kernel = RowNormalization(
      rows: shape.product(0..<first), length: shape.product(first..<dims.count), isCentered: isCentered,
      epsilon: Float(epsilon))
    return BoundNormalization(
      kernel: kernel, hasBias: isCentered && inputs.at(2) != nil,
      statistics: isCentered ? max(0, min(2, outputs.count - 1)) : 0)
  }
}

private struct BoundNormalization: BoundKernel {
  let kernel: RowNormalization
  let hasBias: Bool
  /// How many of the outputs mean and inverse deviation the node has.
  let statistics: Int

  var choice: KernelChoice { KernelChoice("normalization of rows of \(kernel.length)") }

  func run(_ io: KernelIO) {
    guard let x = io.input(0), let y = io.output(0), let scale = io.input(1) else { return }
    kernel.run(
      x, y, scale: scale, bias: hasBias ? io.input(2) : nil, means: statistics > 0 ? io.output(1) : nil,
      inverses: statistics > 1 ? io.output(2) : nil, parallel: io.parallel)
  }
}
