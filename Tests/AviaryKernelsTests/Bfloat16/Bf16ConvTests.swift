import AviaryCore
import AviaryKernels
import TestSupport
import Testing

/// Convolutions of bfloat16 against their definition in double precision on rounded factors.
@Suite struct Bf16ConvTests {
  private static func geometry(_ seed: Int, lanes: Int) throws -> ConvGeometry {
    var generator = SeededGenerator(seed: UInt64(seed))
    func pick(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &generator) }
    let groups = seed % 4 == 3 ? 2 : 1
    let inputs = groups == 1 ? pick(1...40) : groups * lanes * pick(1...2)
    let outputs = groups == 1 ? pick(1...50) : groups * lanes * pick(1...3)
    while true {
      var window = WindowAttributes()
      let isPointwise = seed % 3 == 0
      let kernel = isPointwise ? [1, 1] : [pick(1...4), pick(1...4)]
      window.strides = isPointwise && seed % 2 == 0 ? [] : [pick(1...2), pick(1...2)]
      window.dilations = [pick(1...2), pick(1...2)]
      window.pads = isPointwise || seed % 5 == 0 ? [] : (0..<4).map { _ in pick(0...2) }
      guard let axes = try? window.axes(input: [pick(1...14), pick(1...14)], kernel: kernel) else { continue }
      return ConvGeometry(
        batch: pick(1...2), groups: groups, inputChannels: inputs, outputChannels: outputs, axes: axes)
    }
  }

  /// N x C x area in blocks of channels.
  private static func blocked(_ x: [Float], batch: Int, channels: Int, area: Int, lanes: Int) -> [Float] {
    let blocks = (channels + lanes - 1) / lanes
    var y = [Float](repeating: 0, count: batch * blocks * area * lanes)
    for n in 0..<batch {
      for c in 0..<channels {
        for i in 0..<area {
          y[((n * blocks + c / lanes) * area + i) * lanes + c % lanes] = x[(n * channels + c) * area + i]
        }
      }
    }
    return y
  }

  private static func plain(_ y: [Float], batch: Int, channels: Int, area: Int, lanes: Int) -> [Float] {
    let blocks = (channels + lanes - 1) / lanes
    return (0..<batch * channels * area).map { index in
      let (n, c, i) = (index / (channels * area), index / area % channels, index % area)
      return y[((n * blocks + c / lanes) * area + i) * lanes + c % lanes]
    }
  }

  private func run(
    _ g: ConvGeometry, _ kernels: TileKernels, x: [Float], w: [Float], bias: [Float], residual: [Float],
    threads: Int
  ) throws -> [Float] {
    let lanes = Int(kernels.table.lanes)
    let layout = BlockLayout(lanes: lanes)
    let bf16 = Bf16Kernels(kernels)
    let plane = try #require(PlaneConv(g))
    let full = try PixelWeights(
      w, outputs: g.outputChannels, groupInputs: g.groupInputs, taps: plane.taps, groups: g.groups,
      order: .blocked, layout: layout)
    let conv = try PixelConv(
      plane, weights: PixelWeights(narrowing: full, lanes: lanes, kernels: bf16), order: .blocked,
      epilogue: ChannelEpilogue(
        channels: g.outputChannels, bias: bias, activation: Activation(.relu), layout: layout),
      threads: threads, kernels: kernels, bf16: bf16)
    let image = Self.blocked(x, batch: g.batch, channels: g.inputChannels, area: g.inputArea, lanes: lanes)
    let other = Self.blocked(
      residual, batch: g.batch, channels: g.outputChannels, area: g.outputArea, lanes: lanes)
    var y = [Float](repeating: .nan, count: other.count)
    var scratch = [Float](repeating: .nan, count: max(1, conv.scratchFloats(threads: threads)))
    conv.run(x: image, residual: other, y: &y, scratch: &scratch, parallel: ThreadPool.shared(threads: threads))
    return Self.plain(y, batch: g.batch, channels: g.outputChannels, area: g.outputArea, lanes: lanes)
  }

  @Test(arguments: availableSets, Array(0..<60))
  func agreesWithTheDefinition(set: String, seed: Int) throws {
    let kernels = try #require(TileKernels(name: set))
    let g = try Self.geometry(seed, lanes: Int(kernels.table.lanes))
    var generator = SeededGenerator(seed: UInt64(seed) + 1000)
    let x = generator.floats(g.batch * g.inputChannels * g.inputArea)
    let w = generator.floats(g.outputChannels * g.depth)
    let bias = generator.floats(g.outputChannels)
    let residual = generator.floats(g.batch * g.outputChannels * g.outputArea)
    let expected = ConvTests.definition(
      g, x.map(Bf16Reference.rounded), w.map(Bf16Reference.rounded), bias, residual, Activation(.relu))
    let results = try [1, 2, 4].map { threads in
      try run(g, kernels, x: x, w: w, bias: bias, residual: residual, threads: threads)
    }
    #expect(results[0] == results[1] && results[0] == results[2], "threads change results")
    #expect(scaledError(results[0], expected) < 1e-5, "\(g)")
  }

  /// The order of a pointwise convolution's sums does not depend on how wide registers are.
  @Test(arguments: 0..<8)
  func setsAgree(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let g = ConvGeometry(
      batch: 1, groups: 1, inputChannels: 1 + 9 * seed, outputChannels: 5 + 7 * seed,
      axes: [WindowAxis(input: 3 + seed, output: 3 + seed, kernel: 1), WindowAxis(input: 5, output: 5, kernel: 1)])
    let x = generator.floats(g.inputChannels * g.inputArea)
    let w = generator.floats(g.outputChannels * g.depth)
    let bias = generator.floats(g.outputChannels)
    let residual = generator.floats(g.outputChannels * g.outputArea)
    let results = try availableSets.compactMap { TileKernels(name: $0) }.map { kernels in
      try run(g, kernels, x: x, w: w, bias: bias, residual: residual, threads: 1)
    }
    for result in results.dropFirst() { #expect(result == results[0]) }
  }
}
