import AviaryCore
import CSIMD

/// What happens to the channels of a finished convolution:
/// `activation(sum + bias + residual) * scale + shift` (scale and shift are a BatchNormalization that comes
/// after the activation).
package struct ChannelEpilogue: Sendable {
  private let bias: AlignedFloats?
  private let scale: AlignedFloats?
  private let shift: AlignedFloats?
  package let activation: Activation

  /// - Parameters:
  ///   - bias: one float an output channel, as `scale` and `shift`, which come together.
  ///   - channels: output channels; the lists are filled up to whole blocks.
  /// - Throws: `TensorError.outOfMemory`.
  package init(
    channels: Int, bias: [Float]? = nil, scale: [Float]? = nil, shift: [Float]? = nil,
    activation: Activation = .none, layout: BlockLayout = .current
  ) throws(TensorError) {
    let count = layout.blocks(channels) * layout.lanes
    func padded(_ values: [Float]?) throws(TensorError) -> AlignedFloats? {
      guard let values else { return nil }
      return try AlignedFloats(count: count) { base in
        for (index, value) in values.prefix(count).enumerated() { base[index] = value }
      }
    }
    self.bias = try padded(bias)
    self.scale = try padded(scale)
    self.shift = try padded(shift)
    self.activation = activation
  }

  /// Bounds that a kernel applies in registers; infinite for activations that take a pass of their own.
  var bounds: (low: Float, high: Float) {
    switch activation.kind {
    case .relu: (0, .infinity)
    case .clip: (activation.first, activation.second)
    default: (-.infinity, .infinity)
    }
  }

  /// Whether `finish` has to follow.
  var needsFinish: Bool {
    switch activation.kind {
    case .none, .relu, .clip: false
    default: true
    }
  }

  /// Where results go whose first channel is `channel`, with what a kernel does in registers.
  func target(
    _ dst: UnsafeMutablePointer<Float>, residual: UnsafePointer<Float>?, channel: Int, channels: Int,
    next: UnsafePointer<Float>? = nil, nextFloats: Int = 0
  ) -> aviary_pixel_target {
    aviary_pixel_target(
      dst: dst, residual: residual, bias: bias.map { $0.base + channel },
      scale: needsFinish ? nil : scale.map { $0.base + channel },
      shift: needsFinish ? nil : shift.map { $0.base + channel }, channels: channels,
      next: next, next_floats: nextFloats)
  }

  /// The activation of `pixels` neighbouring pixels of the block that begins with `channel`, where it takes
  /// a pass of its own: they are still in the first cache.
  @inline(__always) func finish(
    _ dst: UnsafeMutablePointer<Float>, pixels: Int, channel: Int, _ kernel: aviary_pixel_finish_fn
  ) {
    guard needsFinish else { return }
    var parameters = (activation.first, activation.second)
    withUnsafeBytes(of: &parameters) { bytes in
      kernel(
        dst, pixels, Int32(activation.kind.rawValue), bytes.baseAddress?.assumingMemoryBound(to: Float.self),
        scale.map { $0.base + channel }, shift.map { $0.base + channel })
    }
  }
}
