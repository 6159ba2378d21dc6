import AviaryKernels
import TestSupport
import Testing

/// Products with constant matrices in bfloat16 against sums in double precision of rounded factors.
@Suite struct Bf16DenseTests {
  private func run(
    _ kernels: TileKernels, m: Int, k: Int, n: Int, a: [Float], b: [Float], bias: [Float],
    activation: Activation, threads: Int
  ) throws -> [Float] {
    let bf16 = Bf16Kernels(kernels)
    let pool = ThreadPool.shared(threads: threads)
    let plain = try PanelMatrix(b, k: k, n: n, row: n, column: 1, parallel: pool, kernels: kernels)
    let matrix = try PanelMatrix(narrowing: plain, parallel: pool, kernels: bf16)
    let product = try DenseProduct(
      m: m, k: k, n: n, weights: .panels(matrix), bias: bias, activation: activation, threads: threads,
      kernels: kernels, bf16: bf16)
    var c = [Float](repeating: .nan, count: m * n)
    var scratch = [Float](repeating: .nan, count: product.scratchFloats * threads)
    product.run(a: a, c: &c, scratch: &scratch, parallel: pool)
    return c
  }

  /// Odd depths are filled up; columns end within a vector; rows come in several blocks.
  @Test(arguments: [
    (1, 1, 1), (1, 64, 10), (3, 7, 33), (7, 31, 16), (13, 100, 65), (50, 9, 128), (70, 2001, 40), (200, 770, 24),
  ])
  func agreesWithTheDefinition(m: Int, k: Int, n: Int) throws {
    var generator = SeededGenerator(seed: UInt64(m * n))
    let (a, b) = (generator.floats(m * k), generator.floats(k * n))
    let bias = generator.floats(n)
    let (ra, rb) = (a.map(Bf16Reference.rounded), b.map(Bf16Reference.rounded))
    let activation = Activation([.none, .relu, .leakyRelu][m % 3], 0.5)
    var expected: [Double] = []
    for i in 0..<m {
      for j in 0..<n {
        let sum = (0..<k).reduce(Double(bias[j])) { $0 + Double(ra[i * k + $1]) * Double(rb[$1 * n + j]) }
        expected.append(activation(sum))
      }
    }
    var first: [Float]?
    for kernels in availableSets.compactMap({ TileKernels(name: $0) }) {
      for threads in [1, 2, 4] {
        let c = try run(
          kernels, m: m, k: k, n: n, a: a, b: b, bias: bias, activation: activation, threads: threads)
        #expect(scaledError(c, expected) < 1e-5)
        #expect(first == nil || first == c, "\(kernels.name), \(threads) threads: sets or threads differ")
        first = first ?? c
      }
    }
  }
}
