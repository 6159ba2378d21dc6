import AviaryKernels
import Testing

@Suite struct DepthwiseTests {
  @Test(arguments: 0..<80) func anyWindow(seed: Int) throws {
    var random = RandomPlanes(seed: 7000 + seed)
    let channels = max(2, random.channels())
    let geometry = random.geometry(
      random.window(largest: seed % 4 == 0 ? 60 : 14, kernels: 1...6), groups: channels, inputs: channels,
      outputs: channels)
    try BlockedCase(geometry, activation: random.activation(), parts: random.parts(), seed: seed)
      .check(.depthwise)
  }

  /// Images of several strips.
  @Test(arguments: [1, 2]) func strips(stride: Int) throws {
    let axis = WindowAxis(
      input: 120, output: 119 / stride + 1, kernel: 3, stride: stride, padBegin: 1, padEnd: 1)
    let geometry = ConvGeometry(batch: 2, groups: 20, inputChannels: 20, outputChannels: 20, axes: [axis, axis])
    try BlockedCase(geometry, seed: stride).check(.depthwise)
  }
}
