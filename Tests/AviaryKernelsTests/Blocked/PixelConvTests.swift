import AviaryKernels
import Testing

/// The pixel tile as convolution: every form against the definition.
@Suite struct PixelConvTests {
  @Test(arguments: 0..<80) func direct(seed: Int) throws {
    var random = RandomPlanes(seed: 1000 + seed)
    let axes = random.window(largest: seed % 4 == 0 ? 40 : 14, kernels: 1...5)
    let geometry = random.geometry(axes)
    try BlockedCase(geometry, activation: random.activation(), parts: random.parts(), seed: seed).check(.direct)
  }

  @Test(arguments: 0..<40) func pointwise(seed: Int) throws {
    var random = RandomPlanes(seed: 2000 + seed)
    let axes = random.window(
      largest: 40, kernels: 1...1, strides: 1...(seed % 4 == 0 ? 2 : 1), pads: 0...(seed % 8 == 1 ? 1 : 0))
    let geometry = random.geometry(axes)
    try BlockedCase(geometry, activation: random.activation(), parts: random.parts(), seed: seed).check(.direct)
  }

  /// Factors of the inputs: applied to the weights where there are fewer of them, else to the inputs.
  @Test(arguments: 0..<40) func gated(seed: Int) throws {
    var random = RandomPlanes(seed: 2500 + seed)
    let axes = random.window(
      largest: seed % 2 == 0 ? 6 : 30, kernels: 1...(seed % 5 == 0 ? 3 : 1), strides: 1...(seed % 5 == 1 ? 2 : 1),
      pads: 0...(seed % 5 == 0 ? 1 : 0))
    let geometry = random.geometry(axes)
    try BlockedCase(
      geometry, activation: random.activation(), parts: random.parts(), isGated: true, seed: seed
    ).check(.direct)
  }

  @Test(arguments: 0..<50) func firstLayer(seed: Int) throws {
    var random = RandomPlanes(seed: 3000 + seed)
    // Without dilation a row of the window is one run of inputs, with it each tap is.
    let axes = random.window(
      largest: seed % 4 == 0 ? 50 : 16, kernels: 1...7, dilations: 1...(seed % 3 == 0 ? 2 : 1))
    let geometry = random.geometry(axes, inputs: random.pick(1...5))
    try BlockedCase(geometry, activation: random.activation(), parts: random.parts(), seed: seed).check(.planar)
  }

  @Test(arguments: 0..<40) func groupsOfWholeBlocks(seed: Int) throws {
    var random = RandomPlanes(seed: 4000 + seed)
    let groups = random.pick(2...4)
    let geometry = random.geometry(
      random.window(largest: 12, kernels: 1...3), groups: groups, inputs: groups * 16 * random.pick(1...2),
      outputs: groups * 16 * random.pick(1...3), batch: random.pick(1...2))
    try BlockedCase(geometry, activation: random.activation(), parts: random.parts(), seed: seed).check(.direct)
  }

  /// Windows that lie in the padding altogether, and padding that no window reaches.
  @Test(arguments: [(1, 3, 3), (2, 5, 0), (1, 0, 4), (5, 0, 1)]) func farPadding(
    kernel: Int, begin: Int, end: Int
  ) throws {
    for stride in 1...4 {
      let output = (6 + begin + end - kernel) / stride + 1
      let axis = WindowAxis(
        input: 6, output: output, kernel: kernel, stride: stride, padBegin: begin, padEnd: end)
      for rung in [Rung.direct, .planar] {
        let geometry = ConvGeometry(
          batch: 2, groups: 1, inputChannels: 3, outputChannels: 9, axes: [axis, axis])
        try BlockedCase(geometry, seed: stride).check(rung)
      }
      let depthwise = ConvGeometry(batch: 2, groups: 9, inputChannels: 9, outputChannels: 9, axes: [axis, axis])
      try BlockedCase(depthwise, seed: stride).check(.depthwise)
    }
  }

  /// Deep sums and strips of several rows: what small geometries do not reach.
  @Test func severalStripsAndParts() throws {
    for (side, inputs, outputs, kernel) in [(36, 160, 40, 1), (28, 96, 24, 3), (7, 64, 200, 3), (1, 300, 70, 1)] {
      let axis = WindowAxis(input: side, output: side, kernel: kernel, padBegin: kernel / 2, padEnd: kernel / 2)
      let geometry = ConvGeometry(
        batch: 1, groups: 1, inputChannels: inputs, outputChannels: outputs, axes: [axis, axis])
      try BlockedCase(geometry, activation: Activation(.relu), seed: side).check(.direct)
    }
    let rows = WindowAxis(input: 230, output: 112, kernel: 7, stride: 2)
    let geometry = ConvGeometry(batch: 1, groups: 1, inputChannels: 3, outputChannels: 12, axes: [rows, rows])
    try BlockedCase(geometry, seed: 5).check(.planar)
  }
}
