import AviaryKernels
import CSIMD
import TestSupport
import Testing

/// The vector kernels against arithmetic on single numbers, bit for bit.
@Suite struct Bf16KernelTests {
  private static func kernels(_ set: String) throws -> [(Int, Bf16Kernels)] {
    let tiles = try #require(TileKernels(name: set))
    let lanes = Int(tiles.table.lanes)
    let best = Bf16Kernels(tiles)
    return best.isNative ? [(lanes, best), (lanes, Bf16Kernels(tiles, emulated: true))] : [(lanes, best)]
  }

  @Test(arguments: availableSets)
  func roundsToNearestEven(set: String) throws {
    var generator = SeededGenerator(seed: 1)
    var values = (0..<20_000).map { _ in Float(bitPattern: .random(in: 0 ... .max, using: &generator)) }
    // Ties and what lies beside them, around every exponent; the ends.
    for exponent in UInt32(0)...255 {
      for low: UInt32 in [0, 0x7fff, 0x8000, 0x8001, 0x1_7fff, 0x1_8000, 0x1_8001, 0x7f_8000, 0x7f_ffff] {
        values.append(Float(bitPattern: exponent << 23 | low))
        values.append(Float(bitPattern: 0x8000_0000 | exponent << 23 | low))
      }
    }
    for (_, kernels) in try Self.kernels(set) {
      for count in [values.count, values.count - 1, 5, 1] {
        var words = [UInt32](repeating: .max, count: Bf16Kernels.words(count) + 1)
        kernels.table.narrow_row(&words, values, count)
        let halves = words.flatMap { [Bf16Reference.lower($0), Bf16Reference.upper($0)] }
        let wrong = (0..<count).filter { !Bf16Reference.same(halves[$0], Bf16Reference.rounded(values[$0])) }
        #expect(wrong.isEmpty, "\(wrong.prefix(3).map { values[$0] })")
        if count % 2 == 1 { #expect(halves[count] == 0) }
        #expect(words.last == .max)
      }
      let half = 999
      var pairs = [UInt32](repeating: .max, count: half + 1)
      values.withUnsafeBufferPointer { values in
        guard let base = values.baseAddress else { return }
        kernels.table.narrow_pairs(&pairs, base, base + half, half)
      }
      #expect(
        (0..<half).allSatisfy {
          Bf16Reference.same(Bf16Reference.lower(pairs[$0]), Bf16Reference.rounded(values[$0]))
            && Bf16Reference.same(Bf16Reference.upper(pairs[$0]), Bf16Reference.rounded(values[half + $0]))
        })
      #expect(pairs[half] == .max)
    }
  }

  /// Strips of all sizes; with special numbers, short sums, so that not all of them end as NaN.
  @Test(arguments: availableSets, [false, true])
  func sumsAsTheInstructionDoes(set: String, special: Bool) throws {
    for (lanes, kernels) in try Self.kernels(set) {
      for seed in 0..<(special ? 400 : 40) {
        try check(lanes, kernels, special: special, seed: seed)
      }
    }
  }

  /// Sums that round to the smallest normal number only because there are no smaller exponents.
  @Test(arguments: availableSets)
  func flushesWhatIsDenormalAfterRounding(set: String) throws {
    for (lanes, kernels) in try Self.kernels(set) {
      var flushed = 0
      for product in 1...127 {
        let x = [Float(0x1p-25).bitPattern]
        let weight = Float(sign: .minus, exponent: -126, significand: Float(product) / 64).bitPattern
        let weights = [UInt32](repeating: weight & 0xffff_0000, count: 2 * lanes)
        let bias = (0..<2 * lanes).map { Float(bitPattern: 0x0080_0000 + UInt32($0 % 3)) }
        var found = [Float](repeating: .nan, count: 2 * lanes)
        let step = [0]
        found.withUnsafeMutableBufferPointer { y in
          step.withUnsafeBufferPointer { step in
            bias.withUnsafeBufferPointer { bias in
              var tile = aviary_pixel_tile(
                steps: step.baseAddress, count: 1, run: 1, dst_pixel: 2 * lanes, dst_block: lanes,
                low: -.infinity, high: .infinity)
              var to = aviary_pixel_target(
                dst: y.baseAddress, residual: nil, bias: bias.baseAddress, scale: nil, shift: nil,
                channels: 2 * lanes, next: nil, next_floats: 0)
              kernels.table.pixel_strip(&tile, x, nil, 1, 1, 2, weights, &to)
            }
          }
        }
        for (value, bias) in zip(found, bias) {
          let expected = Bf16Reference.dot(bias, x[0], weights[0])
          #expect(Bf16Reference.same(value, expected))
          let ieee = bias.addingProduct(Bf16Reference.upper(x[0]), Bf16Reference.upper(weights[0]))
          if expected == 0, ieee == .leastNormalMagnitude { flushed += 1 }
        }
      }
      // Products above 2^-151, up to 2^-150.
      #expect(flushed > 0)
    }
  }

  private func check(_ lanes: Int, _ kernels: Bf16Kernels, special: Bool, seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let blocks = 1 + seed % 2
    let width = blocks * lanes
    let pixels = 1 + seed % 31
    let (count, run) = special ? (1, 1 + seed % 2) : (1 + seed % 3, 1 + seed % 7)
    // Runs that overlap those of the neighbour, as windows do.
    let steps = (0..<count).map { $0 * (run + 1) }
    let stride = 2
    func words(_ count: Int) -> [UInt32] {
      (0..<count).map { _ in
        Bf16Reference.anyHalf(&generator, special: special)
          | Bf16Reference.anyHalf(&generator, special: special) << 16
      }
    }
    let src = words(pixels * stride + count * (run + 1))
    let weights = words(count * run * width)
    let residual = seed % 3 == 0 ? generator.floats(pixels * width) : nil
    // Biases that nearly cancel the first product: where rounding twice would show.
    let bias = (0..<width).map { channel in
      let product =
        Double(Bf16Reference.upper(src[0])) * Double(Bf16Reference.upper(weights[channel]))
      let value = Float(-product)
      let bits = value.bitPattern ^ (special ? .random(in: 0...3, using: &generator) : 0)
      return seed % 4 == 0 ? Float(bitPattern: bits) : Float(bitPattern: words(1)[0])
    }
    let (low, high): (Float, Float) = seed % 5 == 0 ? (0, .infinity) : (-.infinity, .infinity)
    let offsets = seed % 2 == 0 ? (0..<pixels).map { (pixels - 1 - $0) * stride } : nil

    var found = [Float](repeating: .nan, count: pixels * width)
    found.withUnsafeMutableBufferPointer { y in
      steps.withUnsafeBufferPointer { steps in
        bias.withUnsafeBufferPointer { bias in
          (residual ?? []).withUnsafeBufferPointer { other in
            (offsets ?? []).withUnsafeBufferPointer { offsets in
              var tile = aviary_pixel_tile(
                steps: steps.baseAddress, count: count, run: run, dst_pixel: width, dst_block: lanes, low: low,
                high: high)
              var to = aviary_pixel_target(
                dst: y.baseAddress, residual: residual == nil ? nil : other.baseAddress, bias: bias.baseAddress,
                scale: nil, shift: nil, channels: width, next: nil, next_floats: 0)
              kernels.table.pixel_strip(
                &tile, src, seed % 2 == 0 ? offsets.baseAddress : nil, stride, pixels, blocks, weights, &to)
            }
          }
        }
      }
    }
    for pixel in 0..<pixels {
      for channel in 0..<width {
        var sum = bias[channel]
        let start = offsets?[pixel] ?? pixel * stride
        for (s, step) in steps.enumerated() {
          for i in 0..<run {
            sum = Bf16Reference.dot(sum, src[start + step + i], weights[(s * run + i) * width + channel])
          }
        }
        if let residual { sum += residual[pixel * width + channel] }
        if sum < low { sum = low }
        let value = found[pixel * width + channel]
        #expect(
          Bf16Reference.same(value, sum), "seed \(seed), pixel \(pixel), channel \(channel): \(value), not \(sum)")
      }
    }
  }
}
