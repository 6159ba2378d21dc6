import AviaryCore
import AviaryKernels

/// The Fourier transforms of overlapping, windowed frames of a signal: batch x frames x bins x 2.
///
/// Spec: STFT. The signal is batch x samples x 1 (real) or 2 (complex); frames = (samples - length) / step + 1.
/// `onesided` gives the first length / 2 + 1 bins. Computed in double precision.
struct STFT: Operator {
  static let id = OperatorID("STFT")
  static let opsets = 17...Opset.latest

  private let isOneSided: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    isOneSided = try attributes.bool("onesided", default: true)
  }

  private struct Geometry {
    let length: Int
    let frames: Int
    let bins: Int
  }

  private func geometry(
    samples: Int, step: Int, window: Int?, length: Int?
  ) throws(OperatorError) -> Geometry {
    guard step >= 1 else { throw .invalid("frame_step is \(step), must be positive") }
    if let window, let length, window != length {
      throw .invalid("the window has \(window) values, frame_length is \(length)")
    }
    let length = length ?? window ?? samples
    guard length >= 1, length <= samples else {
      throw .invalid("a frame of \(length) does not fit a signal of \(samples) samples")
    }
    return Geometry(
      length: length, frames: (samples - length) / step + 1, bins: isOneSided ? length / 2 + 1 : length)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, .reals)
    _ = try checkedType(inputs, 1, [.int32, .int64])
    if inputs.at(2) != nil { _ = try checkedType(inputs, 2, .reals) }
    if inputs.at(3) != nil { _ = try checkedType(inputs, 3, [.int32, .int64]) }
    let signal = inputs[0].shape
    if let rank = signal.rank, rank != 2, rank != 3 { throw .rank(rank, input: 0, needs: "3") }
    if let rank = inputs.at(2)?.rank, rank != 1 { throw .rank(rank, input: 2, needs: "1") }
    var dims: [Extent] = [signal[0], .unknown, .unknown, 2]
    let isGiven = inputs.at(3) != nil
    if let samples = signal[1].value, let step = inputs.at(1)?.tensor,
      !isGiven || inputs.at(3)?.tensor != nil, inputs.at(2) == nil || inputs.at(2)?.shape[0].value != nil
    {
      var length: Int?
      if let tensor = inputs.at(3)?.tensor { length = try integerScalar(tensor, input: 3) }
      let geometry = try geometry(
        samples: samples, step: integerScalar(step, input: 1), window: inputs.at(2)?.shape[0].value, length: length)
      dims[1] = .known(geometry.frames)
      dims[2] = .known(geometry.bins)
    }
    return [ValueInfo(type, SymbolicShape(dims))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (signal, _) = try context.typedInput(0, .reals)
    let rank = signal.shape.rank
    guard rank == 2 || rank == 3 else { throw .rank(rank, input: 0, needs: "3") }
    let parts = rank == 2 ? 1 : signal.shape[2]
    guard parts == 1 || parts == 2 else {
      throw .invalid("the last axis of input 0 has extent \(parts), must hold 1 or 2 parts of a number")
    }
    var window: [Double]?
    if let tensor = try context.optionalInput(2) {
      guard tensor.shape.rank == 1 else { throw .rank(tensor.shape.rank, input: 2, needs: "1") }
      guard tensor.elementType == signal.elementType else { throw .type(tensor.elementType, input: 2) }
      window = try numbers(tensor, input: 2)
    }
    var length: Int?
    if let tensor = try context.optionalInput(3) { length = try integerScalar(tensor, input: 3) }
    let geometry = try geometry(
      samples: signal.shape[1], step: integerScalar(context.input(1), input: 1), window: window?.count,
      length: length)
    let step = try integerScalar(context.input(1), input: 1)
    let dims = [signal.shape[0], geometry.frames, geometry.bins, 2]
    let x = try context.address(of: signal, in: .double)
    let frames = SpectrumLines.Frames(
      batch: signal.shape[0], samples: signal.shape[1], parts: parts, window: window, step: step,
      frames: geometry.frames, bins: geometry.bins)
    try context.makeResult(0, signal.elementType, dims, in: .double) { y in
      guard frames.batch > 0 else { return }
      SpectrumLines(length: geometry.length, isInverse: false, completes: false).run(
        isDouble: true, frames, x, y, parallel: context.parallel)
    }
  }
}
