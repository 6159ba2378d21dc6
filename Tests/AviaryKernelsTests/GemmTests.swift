import AviaryCore
import AviaryKernels
import TestSupport
import Testing

@Suite struct GemmTests {
  struct Case: Sendable, CustomStringConvertible {
    let m, n, k: Int
    var description: String { "\(m)x\(n)x\(k)" }
  }

  static let cases: [Case] = {
    var generator = SeededGenerator(seed: 1)
    var cases = [(1, 1, 1), (1, 7, 300), (3, 0, 5), (2, 5, 0), (14, 32, 256), (15, 33, 257), (29, 300, 513)]
      .map { Case(m: $0.0, n: $0.1, k: $0.2) }
    for _ in 0..<25 {
      cases.append(
        Case(
          m: .random(in: 1...70, using: &generator), n: .random(in: 1...270, using: &generator),
          k: .random(in: 1...600, using: &generator)))
    }
    return cases
  }()

  @Test(arguments: availableSets, cases)
  func agreesWithTheDefinition(set: String, size: Case) throws {
    let kernels = try #require(TileKernels(name: set))
    let (m, n, k) = (size.m, size.n, size.k)
    var generator = SeededGenerator(seed: UInt64(m * 31 + n * 7 + k))
    let (a, b) = (generator.floats(m * k), generator.floats(k * n))
    let (rowBias, columnBias, residual) = (
      generator.floats(m), generator.floats(n), generator.floats(m * n)
    )
    let activation = Activation(.leakyRelu, 0.25)
    var expected = [Double](repeating: 0, count: m * n)
    for i in 0..<m {
      for j in 0..<n {
        var sum = Double(rowBias[i]) + Double(columnBias[j]) + Double(residual[i * n + j])
        for p in 0..<k { sum += Double(a[i * k + p]) * Double(b[p * n + j]) }
        expected[i * n + j] = activation(sum)
      }
    }
    // A and B as they are, and both transposed in memory.
    for transposed in [false, true] {
      var results: [[Float]] = []
      for threads in [1, 2] {
        var c = [Float](repeating: .nan, count: m * n)
        let left = transposed ? transpose(a, rows: m, columns: k) : a
        let right = transposed ? transpose(b, rows: k, columns: n) : b
        let packed = try PackedColumns(
          right, k: k, n: n, row: transposed ? 1 : n, column: transposed ? k : 1, kernels: kernels)
        var scratch = [Float](repeating: 0, count: PackedGemm.scratchSize(m: m, n: n, k: k, kernels: kernels))
        left.withUnsafeBufferPointer { left in
          guard let base = left.baseAddress else { return }
          PackedGemm.run(
            m: m, n: n, k: k, a: .init(base, row: transposed ? 1 : k, column: transposed ? m : 1),
            b: packed.base, c: &c, cRow: n,
            epilogue: Epilogue(
              rowBias: pointer(rowBias), columnBias: pointer(columnBias), residual: pointer(residual),
              residualRow: n, activation: activation),
            scratch: &scratch, parallel: ThreadPool.shared(threads: threads), kernels: kernels)
        }
        withExtendedLifetime((rowBias, columnBias, residual)) {}
        results.append(c)
      }
      #expect(results[0] == results[1], "one and two threads differ")
      #expect(scaledError(results[0], expected) < 1e-5)
    }
  }

  private func transpose(_ x: [Float], rows: Int, columns: Int) -> [Float] {
    (0..<rows * columns).map { x[$0 % rows * columns + $0 / rows] }
  }

  /// The address of an array's elements; the caller keeps the array alive.
  private func pointer(_ array: [Float]) -> UnsafePointer<Float>? {
    array.withUnsafeBufferPointer(\.baseAddress)
  }
}
