import CSIMD
import TestSupport
import Testing

@testable import AviaryKernels

/// The products of recurrent layers and of quantised numbers, each set of instructions against the definition.
@Suite struct GateKernelTests {
  static let sets = ["portable", "avx2", "avx512"].filter { TileKernels(name: $0) != nil }

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
