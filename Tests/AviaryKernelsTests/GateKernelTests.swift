import CSIMD
import TestSupport
import Testing

@testable import AviaryKernels

/// The products of recurrent layers and of quantised numbers, each set of instructions against the definition.
@Suite struct GateKernelTests {
  static let sets = ["portable", "avx2", "avx512", "avx512vnni"].filter { TileKernels(name: $0) != nil }

  @Test(arguments: sets, [1, 2, 3, 4])
  func gateProducts(set: String, gates: Int) throws {
    let kernels = try #require(TileKernels(name: set)).table
    let lanes = Int(kernels.lanes)
    var random = SeededGenerator(seed: UInt64(gates))
    for rows in [1, 2, 3, 5, 7, 13] {
      for (blocks, k) in [(1, 1), (2, 5), (3, 17)] {
        let padded = blocks * lanes
        let weights = (0..<blocks * k * gates * lanes).map { _ in Float.random(in: -1...1, using: &random) }
        let x = (0..<rows * (k + 2)).map { _ in Float.random(in: -1...1, using: &random) }
        let initial = (0..<rows * gates * padded).map { _ in Float.random(in: -1...1, using: &random) }
        let offsets = (0..<rows).reversed().map { $0 * (k + 2) }
        var y = [Float](repeating: .nan, count: rows * gates * padded)
        weights.withUnsafeBufferPointer { w in
          x.withUnsafeBufferPointer { x in
            initial.withUnsafeBufferPointer { initial in
              offsets.withUnsafeBufferPointer { offsets in
                y.withUnsafeMutableBufferPointer { y in
                  var product = aviary_gate_product(
                    weights: w.baseAddress, blocks: blocks, gates: gates, k: k, x: x.baseAddress,
                    offsets: offsets.baseAddress, rows: rows, init: initial.baseAddress, init_row: gates * padded,
                    y: y.baseAddress, y_row: gates * padded, gate_step: padded)
                  kernels.gate_product(&product)
                }
              }
            }
          }
        }
        for r in 0..<rows {
          for gate in 0..<gates {
            for unit in 0..<padded {
              let place = (r * gates + gate) * padded + unit
              var sum = Double(initial[place])
              for i in 0..<k {
                let w = weights[((unit / lanes * k + i) * gates + gate) * lanes + unit % lanes]
                sum += Double(w) * Double(x[offsets[r] + i])
              }
              #expect(abs(Double(y[place]) - sum) < 1e-5 * Double(k + 1))
            }
          }
        }
      }
    }
  }

  @Test(arguments: sets)
  func shortProductsNeitherSaturateNorRound(set: String) throws {
    let kernels = try #require(TileKernels(name: set)).table
    let width = Int(kernels.tile_cols)
    var random = SeededGenerator(seed: 9)
    for (pixels, steps, pairs) in [(1, 1, 1), (6, 2, 3), (7, 1, 40), (29, 3, 2)] {
      let src = (0..<pixels + steps * 3 + 2 * pairs).map { _ in Int16.random(in: -255...255, using: &random) }
      let weights = (0..<steps * pairs * width * 2).map { _ in Int16.random(in: -255...255, using: &random) }
      let (offsets, starts) = (Array(0..<pixels), (0..<steps).map { $0 * 3 })
      var sums = [Int32](repeating: -1, count: pixels * width)
      src.withUnsafeBufferPointer { src in
        offsets.withUnsafeBufferPointer { offsets in
          starts.withUnsafeBufferPointer { starts in
            var strip = aviary_short_strip(
              src: src.baseAddress, offsets: offsets.baseAddress, pixels: pixels, steps: starts.baseAddress,
              count: steps, pairs: pairs)
            kernels.short_strip(&strip, weights, &sums)
          }
        }
      }
      for p in 0..<pixels {
        for c in 0..<width {
          var sum: Int32 = 0
          for s in 0..<steps {
            for i in 0..<2 * pairs {
              let weight = weights[((s * pairs + i / 2) * width + c) * 2 + i % 2]
              sum += Int32(src[offsets[p] + starts[s] + i]) * Int32(weight)
            }
          }
          #expect(sums[p * width + c] == sum)
        }
      }
    }
  }

  /// What a depthwise convolution of bytes is made of; the row ends inside a vector, and nothing beyond is written.
  @Test(arguments: sets, [1, 2])
  func tapsOfOneChannel(set: String, stride: Int) throws {
    let kernels = try #require(TileKernels(name: set)).table
    var random = SeededGenerator(seed: 12)
    for (count, taps) in [(1, 1), (7, 9), (8, 2), (16, 3), (31, 4), (57, 9), (100, 25)] {
      let offsets = (0..<taps).map { $0 * 5 % 37 }
      let src = (0..<(count - 1) * stride + 38).map { _ in Int16.random(in: -255...255, using: &random) }
      let weights = (0..<taps).map { _ in Int16.random(in: -255...255, using: &random) }
      var sums = [Int32](repeating: 77, count: count + 1)
      kernels.short_taps(src, offsets, weights, taps, stride, &sums, count)
      let expected = (0..<count).map { i in
        (0..<taps).reduce(Int32(0)) { $0 + Int32(weights[$1]) * Int32(src[offsets[$1] + i * stride]) }
      }
      #expect(Array(sums.dropLast()) == expected && sums.last == 77)
    }
  }

  @Test(arguments: sets, [false, true])
  func planesBecomeNeighbours(set: String, isSigned: Bool) throws {
    let kernels = try #require(TileKernels(name: set)).table
    var random = SeededGenerator(seed: 13)
    for (channels, count) in [(1, 1), (16, 16), (17, 33), (40, 15), (64, 56)] {
      let (row, step) = (count + 3, channels + 2)
      let src = (0..<channels * row).map { _ in UInt8.random(in: 0...255, using: &random) }
      var dst = [Int16](repeating: 999, count: count * step)
      kernels.short_block(&dst, step, src, row, channels, count, isSigned ? 1 : 0, 7)
      for i in 0..<count {
        for c in 0..<step {
          let byte = c < channels ? src[c * row + i] : 0
          let value = isSigned ? Int16(Int8(bitPattern: byte)) : Int16(byte)
          #expect(dst[i * step + c] == (c < channels ? value - 7 : 999))
        }
      }
    }
  }

  @Test(arguments: sets) func sumsAndExtremesOfRows(set: String) throws {
    let kernels = try #require(TileKernels(name: set)).table
    var random = SeededGenerator(seed: 14)
    for count in [0, 1, 7, 8, 33, 5000] {
      let x = (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
      let y = (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
      #expect(abs(Double(kernels.sum_row(x, count)) - x.reduce(0.0) { $0 + Double($1) }) < 1e-3)
      #expect(kernels.extreme_row(x, count, -.infinity, 1) == (x.max() ?? -.infinity))
      #expect(kernels.extreme_row(x, count, 0.5, 0) == min(0.5, x.min() ?? 0.5))
      var (sum, most, least) = (y, y, y)
      kernels.add_row(&sum, x, count)
      kernels.join_extreme(&most, x, count, 1)
      kernels.join_extreme(&least, x, count, 0)
      #expect(sum == zip(x, y).map { $1 + $0 })
      #expect(most == zip(x, y).map { max($0, $1) } && least == zip(x, y).map { min($0, $1) })
      guard count > 0 else { continue }
      for place in Set([0, count / 2, count - 1]) {
        var spoilt = x
        spoilt[place] = .nan
        #expect(kernels.sum_row(spoilt, count).isNaN)
        for greatest: Int32 in [0, 1] {
          #expect(kernels.extreme_row(spoilt, count, 0, greatest).isNaN)
          var joined = y
          kernels.join_extreme(&joined, spoilt, count, greatest)
          #expect(joined.indices.filter { joined[$0].isNaN } == [place])
        }
      }
    }
  }

  @Test(arguments: sets, [1, 2, 4]) func weightedPicks(set: String, taps: Int) throws {
    let kernels = try #require(TileKernels(name: set)).table
    var random = SeededGenerator(seed: 15)
    for count in [1, 9, 40] {
      let src = (0..<29).map { _ in Float.random(in: -1...1, using: &random) }
      let indices = (0..<count * taps).map { _ in Int32.random(in: 0..<29, using: &random) }
      let weights = indices.map { _ in Float.random(in: -1...1, using: &random) }
      var dst = [Float](repeating: 77, count: count + 1)
      kernels.resample_line(&dst, src, indices, weights, taps, count)
      for i in 0..<count {
        let exact = (i * taps..<(i + 1) * taps).reduce(0.0) { $0 + Double(weights[$1]) * Double(src[Int(indices[$1])]) }
        #expect(abs(Double(dst[i]) - exact) < 1e-5)
      }
      #expect(dst.last == 77)
    }
  }

  /// Halves go to the even neighbour, and what lies outside saturates.
  @Test(arguments: sets, [false, true])
  func requantization(set: String, isSigned: Bool) throws {
    let kernels = try #require(TileKernels(name: set)).table
    let sums: [Int32] = [1, 3, 5, -1, -3, 1000, -1000, 2_000_000_000, -2_000_000_000, 0, 7]
    var bytes = [UInt8](repeating: 77, count: sums.count + 1)
    kernels.short_finish_row(sums, sums.count, 0, 0.5, 10, isSigned ? 1 : 0, &bytes)
    let expected = sums.map { sum -> Int in
      let value = Int((Double(sum) * 0.5).rounded(.toNearestOrEven)) + 10
      return isSigned ? min(max(value, -128), 127) : min(max(value, 0), 255)
    }
    #expect(bytes.dropLast().map { isSigned ? Int(Int8(bitPattern: $0)) : Int($0) } == expected)
    #expect(bytes.last == 77)
  }
}
