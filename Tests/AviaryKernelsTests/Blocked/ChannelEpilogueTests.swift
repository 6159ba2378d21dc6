import AviaryKernels
import Testing

/// What happens to finished channels, the same on every rung.
@Suite struct ChannelEpilogueTests {
  @Test(arguments: ActivationTests.activations) func everyActivationOnEveryRung(activation: Activation) throws {
    let same = WindowAxis(input: 9, output: 9, kernel: 3, padBegin: 1, padEnd: 1)
    let narrow = WindowAxis(input: 7, output: 7, kernel: 1)
    func geometry(_ axis: WindowAxis, _ inputs: Int, _ outputs: Int, groups: Int = 1) -> ConvGeometry {
      ConvGeometry(
        batch: 2, groups: groups, inputChannels: inputs, outputChannels: outputs, axes: [axis, axis])
    }
    for parts in [(false, false, false), (true, false, true), (true, true, false), (true, true, true)] {
      for (rung, shape) in [
        (Rung.planar, geometry(same, 3, 11)), (.direct, geometry(same, 6, 11)),
        (.direct, geometry(narrow, 17, 21)), (.depthwise, geometry(same, 11, 11, groups: 11)),
        (.winograd(tile: 2), geometry(same, 6, 11)), (.winograd(tile: 4), geometry(same, 6, 11)),
      ] {
        try BlockedCase(shape, activation: activation, parts: parts, seed: 8).check(rung, threads: [1, 2])
      }
    }
  }

  /// Bounds come before scale and shift, and the residual before both.
  @Test func order() throws {
    for set in availableSets {
      let kernels = try #require(TileKernels(name: set))
      let layout = BlockLayout(lanes: Int(kernels.table.lanes))
      let axis = WindowAxis(input: 1, output: 1, kernel: 1)
      let conv = try #require(
        PlaneConv(
          ConvGeometry(batch: 1, groups: 1, inputChannels: 1, outputChannels: 2, axes: [axis, axis])))
      let weights = try PixelWeights(
        [3, -3], outputs: 2, groupInputs: 1, taps: 1, groups: 1, order: .planar, layout: layout)
      let epilogue = try ChannelEpilogue(
        channels: 2, bias: [1, 1], scale: [-2, 5], shift: [10, 0.5], activation: Activation(.relu),
        layout: layout)
      let kernel = try PixelConv(
        conv, weights: weights, order: .planar, epilogue: epilogue, threads: 1, kernels: kernels)
      var residual = [Float](repeating: 0, count: layout.lanes)
      residual[0] = 2
      residual[1] = 1
      var y = [Float](repeating: .nan, count: layout.lanes)
      var scratch: [Float] = [0]
      kernel.run(x: [1], residual: residual, y: &y, scratch: &scratch, parallel: ThreadPool.shared(threads: 1))
      // max(3 + 1 + 2, 0) * -2 + 10 and max(-3 + 1 + 1, 0) * 5 + 0.5.
      #expect(Array(y[..<2]) == [-2, 0.5])
    }
  }
}
