import AviaryKernels
import CSIMD
import TestSupport
import Testing

/// The register tile by itself: strips of any length, all that happens to their sums.
@Suite struct PixelTileTests {
  /// One call of the tile with memory of exactly the sizes that its contract names.
  struct Strip: CustomStringConvertible {
    var pixels: Int
    var blocks: Int
    var run: Int
    var steps: [Int]
    var channels: Int
    /// Where pixels begin; `nil` for neighbours `stride` apart.
    var offsets: [Int]?
    var stride: Int
    var low: Float
    var high: Float
    var residual: [Float]?
    var bias: [Float]?
    var scale: [Float]?
    var shift: [Float]?
    var x: [Float] = []
    var weights: [Float] = []
    let lanes: Int
    let rowMajor: Bool

    var description: String {
      "\(pixels) pixels, \(channels) channels in \(blocks) blocks, \(steps.count) runs of \(run), "
        + "bias \(bias != nil), residual \(residual != nil), scale \(scale != nil)"
    }

    /// Row-major: the channels of a pixel stand together, whether they fill blocks or not.
    var pixelFloats: Int { rowMajor ? channels : lanes }
    var blockFloats: Int { rowMajor ? lanes : pixels * lanes }
    var resultFloats: Int { rowMajor ? pixels * channels : blocks * pixels * lanes }

    func place(_ pixel: Int, _ channel: Int) -> Int {
      channel / lanes * blockFloats + pixel * pixelFloats + channel % lanes
    }

    init(random: inout RandomPlanes, pixels: Int, lanes: Int) {
      self.pixels = pixels
      self.lanes = lanes
      blocks = random.pick(1...2)
      run = random.pick(1...13)
      rowMajor = random.flip()
      channels = rowMajor ? random.pick((blocks - 1) * lanes + 1...blocks * lanes) : blocks * lanes
      steps = []
      for _ in 0..<random.pick(1...5) { steps.append(random.pick(0...30)) }
      stride = random.pick(1...9)
      if random.flip() { offsets = (0..<pixels).map { _ in random.pick(0...50) } }
      (low, high) = random.flip() ? (-.infinity, .infinity) : (-0.75, 0.5)
      let size = (offsets?.max() ?? (pixels - 1) * stride) + (steps.max() ?? 0) + run
      x = random.generator.floats(size)
      weights = random.generator.floats(steps.count * run * blocks * lanes)
      if random.flip() { bias = random.generator.floats(blocks * lanes) }
      if random.flip() { residual = random.generator.floats(resultFloats) }
      if random.flip() {
        scale = random.generator.floats(blocks * lanes)
        shift = random.generator.floats(blocks * lanes)
      }
    }

    func definition() -> [(place: Int, value: Double)] {
      var results: [(Int, Double)] = []
      for p in 0..<pixels {
        let from = offsets?[p] ?? p * stride
        for c in 0..<channels {
          let at = place(p, c)
          var sum = Double(bias?[c] ?? 0)
          for (s, step) in steps.enumerated() {
            for i in 0..<run {
              sum += Double(x[from + step + i]) * Double(weights[(s * run + i) * blocks * lanes + c])
            }
          }
          sum += Double(residual?[at] ?? 0)
          sum = min(max(sum, Double(low)), Double(high))
          results.append((at, sum * Double(scale?[c] ?? 1) + Double(shift?[c] ?? 0)))
        }
      }
      return results
    }

    /// The pixels of `part`, at their place in the whole result.
    func run(_ kernels: TileKernels, part: Range<Int>, into y: UnsafeMutablePointer<Float>) {
      func address(_ values: [Float]?, _ body: (UnsafePointer<Float>?) -> Void) {
        guard let values else { return body(nil) }
        values.withUnsafeBufferPointer { body($0.baseAddress) }
      }
      let first = part.lowerBound * pixelFloats
      let starts = offsets.map { Array($0[part]) }
      steps.withUnsafeBufferPointer { steps in
        address(residual) { residual in
          address(bias) { bias in
            address(scale) { scale in
              address(shift) { shift in
                var tile = aviary_pixel_tile(
                  steps: steps.baseAddress, count: steps.count, run: run, dst_pixel: pixelFloats,
                  dst_block: blockFloats, low: low, high: high)
                var target = aviary_pixel_target(
                  dst: y + first, residual: residual.map { $0 + first }, bias: bias, scale: scale,
                  shift: shift, channels: channels, next: nil,
                  next_floats: 0)
                x.withUnsafeBufferPointer { x in
                  guard let x = x.baseAddress else { return }
                  if let starts {
                    starts.withUnsafeBufferPointer {
                      kernels.table.pixel_strip(
                        &tile, x, $0.baseAddress, 0, part.count, blocks, weights, &target)
                    }
                  } else {
                    kernels.table.pixel_strip(
                      &tile, x + part.lowerBound * stride, nil, stride, part.count, blocks, weights, &target)
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// Every length of a strip, twelve random calls each.
  @Test(arguments: availableSets, 1...40) func strips(set: String, pixels: Int) throws {
    let kernels = try #require(TileKernels(name: set))
    let lanes = Int(kernels.table.lanes)
    for seed in 0..<12 {
      var random = RandomPlanes(seed: 9000 + 100 * pixels + seed)
      let strip = Strip(random: &random, pixels: pixels, lanes: lanes)
      var whole = GuardedFloats(strip.resultFloats)
      let isWithin = whole.write { strip.run(kernels, part: 0..<pixels, into: $0) }
      #expect(isWithin, "\(strip)")
      for (place, value) in strip.definition() {
        #expect(abs(Double(whole.values[place]) - value) < 1e-5 * max(1, abs(value)), "\(strip)")
      }
      // Cut anywhere, the results are the same bits.
      var cut = GuardedFloats(strip.resultFloats)
      let middle = random.pick(0...pixels)
      _ = cut.write {
        strip.run(kernels, part: 0..<middle, into: $0)
        strip.run(kernels, part: middle..<pixels, into: $0)
      }
      #expect(whole.values.map(\.bitPattern) == cut.values.map(\.bitPattern), "\(strip)")
    }
  }

  /// NaN passes through bounds.
  @Test(arguments: availableSets) func nanStays(set: String) throws {
    let kernels = try #require(TileKernels(name: set))
    for (blocks, residual) in [(1, false), (2, false), (1, true), (2, true)] {
      var random = RandomPlanes(seed: 1)
      var strip = Strip(random: &random, pixels: 5, lanes: Int(kernels.table.lanes))
      while strip.blocks != blocks || (strip.residual != nil) != residual || strip.rowMajor {
        strip = Strip(random: &random, pixels: 5, lanes: Int(kernels.table.lanes))
      }
      strip.x = strip.x.map { _ in .nan }
      (strip.low, strip.high) = (0, 6)
      var y = GuardedFloats(strip.resultFloats)
      _ = y.write { strip.run(kernels, part: 0..<5, into: $0) }
      #expect(y.written.allSatisfy { $0.isNaN })
    }
  }
}
