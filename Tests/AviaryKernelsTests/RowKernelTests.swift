import AviaryCore
import AviaryKernels
import CSIMD
import Foundation
import TestSupport
import Testing

/// Softmax, normalisation and transposition of bound shapes against plain loops.
@Suite struct RowKernelTests {
  private func random(_ count: Int, _ seed: UInt64, _ range: ClosedRange<Float> = -4...4) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in .random(in: range, using: &generator) }
  }

  @Test(arguments: availableSets, [
    (1, 1, 1), (5, 7, 1), (3000, 7, 1), (9001, 2, 1), (700, 15, 1), (5000, 8, 1), (40, 197, 1), (3, 1000, 1), (2, 9, 300),
    (4, 5, 33),
  ])
  func softmaxOfBoundShapes(set: String, shape: (Int, Int, Int)) throws {
    let kernels = try #require(TileKernels(name: set))
    let (outer, length, inner) = shape
    let x = random(outer * length * inner, 3)
    let pool = ThreadPool(threads: 2)
    for kind in [SoftmaxKind.probability, .logarithm] {
      let kernel = SoftmaxKernel(
        kind, AxisGeometry(outer: outer, length: length, inner: inner), kernels: kernels)
      var scratch = [Float](repeating: .nan, count: kernel.scratchSize * 2 + 1)
      var y = [Float](repeating: .nan, count: x.count)
      kernel.run(x, &y, scratch: &scratch, parallel: pool)
      // In place.
      var z = x
      z.withUnsafeMutableBufferPointer {
        if let base = $0.baseAddress { kernel.run(base, base, scratch: &scratch, parallel: pool) }
      }
      #expect(y == z)
      for o in 0..<outer {
        for i in 0..<inner {
          func at(_ j: Int) -> Int { (o * length + j) * inner + i }
          let total = (0..<length).reduce(0.0) { $0 + exp(Double(x[at($1)])) }
          for j in 0..<length {
            let exact =
              kind == .probability ? exp(Double(x[at(j)])) / total : Double(x[at(j)]) - log(total)
            #expect(abs(Double(y[at(j)]) - exact) <= 1e-6 * max(1, abs(exact)))
          }
        }
      }
    }
  }

  /// A row of minus infinities but one, and one with a NaN.
  @Test(arguments: availableSets) func softmaxOfSpecialValues(set: String) throws {
    let kernels = try #require(TileKernels(name: set))
    let kernel = SoftmaxKernel(.probability, AxisGeometry(outer: 2, length: 19, inner: 1), kernels: kernels)
    var x = [Float](repeating: -.infinity, count: 38)
    x[18] = 3
    for i in 19..<38 { x[i] = 1 }
    x[25] = .nan
    var y = x
    var scratch: [Float] = [0]
    kernel.run(x, &y, scratch: &scratch, parallel: Serial())
    #expect(y[..<18].allSatisfy { $0 == 0 } && y[18] == 1)
    let rest = y[19...].count(where: { $0.isNaN })
    #expect(rest == 19)
  }

  @Test(arguments: availableSets, [1, 7, 8, 31, 768, 5000])
  func normalizationOfRows(set: String, length: Int) throws {
    let kernels = try #require(TileKernels(name: set))
    // Far from zero, so that a careless variance would cancel.
    let x = random(3 * length, 9, 98...102)
    let (gamma, beta) = (random(length, 1), random(length, 2))
    for isCentered in [true, false] {
      let kernel = RowNormalization(
        rows: 3, length: length, isCentered: isCentered, epsilon: 1e-3, kernels: kernels)
      var y = [Float](repeating: .nan, count: x.count)
      var means: [Float] = [0, 0, 0]
      var inverses = means
      kernel.run(
        x, &y, scale: gamma, bias: isCentered ? beta : nil, means: &means, inverses: &inverses,
        parallel: Serial())
      for row in 0..<3 {
        let values = x[row * length..<(row + 1) * length].map(Double.init)
        let mean = isCentered ? values.reduce(0, +) / Double(length) : 0
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(length)
        let inverse = 1 / (variance + 1e-3).squareRoot()
        #expect(abs(Double(means[row]) - mean) < 1e-4)
        for i in 0..<length {
          let exact = (values[i] - mean) * inverse * Double(gamma[i]) + (isCentered ? Double(beta[i]) : 0)
          #expect(abs(Double(y[row * length + i]) - exact) < (length == 1 ? 1e-2 : 1e-3))
        }
      }
    }
  }

  static let orders: [([Int], [Int])] = [
    ([2, 5, 3, 16], [0, 2, 1, 3]), ([2, 3, 17, 19], [0, 2, 3, 1]), ([2, 17, 19, 3], [0, 3, 1, 2]),
    ([33, 65], [1, 0]), ([2, 40, 50], [0, 2, 1]), ([3, 4, 5, 6], [3, 2, 1, 0]), ([7], [0]), ([1, 1], [1, 0]),
    ([4, 1, 6, 9], [2, 0, 3, 1]), ([2, 9, 3, 4, 8], [2, 0, 3, 1, 4]), ([128, 200], [1, 0]), ([0, 3], [1, 0]),
  ]

  @Test(arguments: availableSets, orders) func transposition(set: String, test: ([Int], [Int])) throws {
    let kernels = try #require(TileKernels(name: set))
    let (dims, order) = test
    let count = dims.reduce(1, *)
    let x = (0..<count).map { Float($0) }
    var y = [Float](repeating: -1, count: count)
    TransposeKernel(dims: dims, order: order, kernels: kernels)
      .run(from: x, to: &y, parallel: ThreadPool(threads: 2))
    var expected = y
    StridedCopy(
      dims: order.map { dims[$0] }, source: order.map { denseStrides(dims)[$0] },
      destination: denseStrides(order.map { dims[$0] })
    ).run(from: x, to: &expected, width: 4)
    #expect(y == expected)
  }
}
