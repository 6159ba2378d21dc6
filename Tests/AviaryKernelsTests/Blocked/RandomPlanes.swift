import AviaryKernels
import TestSupport

/// Seeded random convolutions of images.
struct RandomPlanes {
  var generator: SeededGenerator

  init(seed: Int) { generator = SeededGenerator(seed: UInt64(seed)) }

  mutating func pick(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &generator) }
  mutating func flip() -> Bool { Bool.random(using: &generator) }

  /// Activations that a kernel applies in registers, and some that take a pass of their own.
  mutating func activation() -> Activation {
    [.none, Activation(.relu), Activation(.clip, -0.5, 1.5), Activation(.leakyRelu, 0.2), Activation(.silu)]
      .randomElement(using: &generator) ?? .none
  }

  mutating func parts() -> (bias: Bool, residual: Bool, scale: Bool) { (flip(), flip(), flip()) }

  /// Any window, stride, dilation and (mostly unequal) padding that fit an image of up to `largest` pixels
  /// a side.
  mutating func window(
    largest: Int, kernels: ClosedRange<Int>, strides: ClosedRange<Int> = 1...3,
    dilations: ClosedRange<Int> = 1...3, pads: ClosedRange<Int> = 0...3, ceilMode: Bool = false
  ) -> [WindowAxis] {
    while true {
      var window = WindowAttributes()
      let input = [pick(1...largest), pick(1...largest)]
      let kernel = [pick(kernels), pick(kernels)]
      window.strides = [pick(strides), pick(strides)]
      window.dilations = [pick(dilations), pick(dilations)]
      window.pads = (0..<4).map { _ in pick(pads) }
      window.ceilMode = ceilMode
      guard let axes = try? window.axes(input: input, kernel: kernel) else { continue }
      return axes
    }
  }

  /// Channels that fill blocks and that do not.
  mutating func channels() -> Int {
    [1, 2, 3, 4, 5, 7, 8, 12, 13, 16, 19, 24, 31, 32, 40].randomElement(using: &generator) ?? 1
  }

  mutating func geometry(
    _ axes: [WindowAxis], groups: Int = 1, inputs: Int? = nil, outputs: Int? = nil, batch: Int? = nil
  ) -> ConvGeometry {
    ConvGeometry(
      batch: batch ?? pick(1...3), groups: groups, inputChannels: inputs ?? channels(),
      outputChannels: outputs ?? channels(), axes: axes)
  }
}
