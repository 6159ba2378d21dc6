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

  /// The mean comes with the result: the same bits for any number of threads, near the mean of the result.
  @Test(arguments: 0..<24) func mean(seed: Int) throws {
    var random = RandomPlanes(seed: 7500 + seed)
    let channels = max(2, random.channels())
    let geometry = random.geometry(
      random.window(largest: seed % 3 == 0 ? 60 : 14, kernels: 1...5), groups: channels, inputs: channels,
      outputs: channels)
    let sample = try BlockedCase(geometry, activation: random.activation(), parts: random.parts(), seed: seed)
    let area = geometry.outputArea
    for set in availableSets {
      let kernels = try #require(TileKernels(name: set))
      var first: [Float]?
      for threads in [1, 2, 4] {
        let means = try sample.means(kernels, threads: threads)
        if let first { #expect(means.map(\.bitPattern) == first.map(\.bitPattern), "\(threads) \(set)") }
        first = means
      }
      let expected = stride(from: 0, to: sample.expected.count, by: area).map {
        sample.expected[$0..<$0 + area].reduce(0, +) / Double(area)
      }
      #expect(scaledError(first ?? [], expected) < 1e-5, "\(set) \(sample)")
    }
  }

  /// Images of several strips.
  @Test(arguments: [1, 2]) func strips(stride: Int) throws {
    let axis = WindowAxis(
      input: 120, output: 119 / stride + 1, kernel: 3, stride: stride, padBegin: 1, padEnd: 1)
    let geometry = ConvGeometry(batch: 2, groups: 20, inputChannels: 20, outputChannels: 20, axes: [axis, axis])
    try BlockedCase(geometry, seed: stride).check(.depthwise)
  }
}
