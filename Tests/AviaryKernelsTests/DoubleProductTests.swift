import AviaryCore
import AviaryKernels
import TestSupport
import Testing

/// Double-precision products and convolutions, with OpenBLAS where the machine has it and without.
@Suite struct DoubleProductTests {
  static let libraries: [Result<OpenBLAS, OpenBLAS.Absence>] = [OpenBLAS.shared, OpenBLAS.open(wish: "off")]

  /// How a factor lies in memory.
  enum Storage: CaseIterable { case plain, transposed, padded, strided }

  struct Case: Sendable, CustomStringConvertible {
    let m, n, k: Int
    var description: String { "\(m)x\(n)x\(k)" }
  }

  static let cases: [Case] = {
    var generator = SeededGenerator(seed: 5)
    var cases = [
      (1, 1, 1), (1, 600, 40), (600, 1, 40), (3, 0, 5), (0, 3, 5), (2, 5, 0), (128, 512, 16), (129, 513, 33),
      (300, 7, 90), (64, 64, 1),
    ].map { Case(m: $0.0, n: $0.1, k: $0.2) }
    for _ in 0..<20 {
      cases.append(
        Case(
          m: .random(in: 1...200, using: &generator), n: .random(in: 1...150, using: &generator),
          k: .random(in: 1...120, using: &generator)))
    }
    return cases
  }()

  @Test(arguments: cases)
  func agreesWithTheDefinition(size: Case) {
    let (m, n, k) = (size.m, size.n, size.k)
    var generator = SeededGenerator(seed: UInt64(m * 31 + n * 7 + k))
    let a = (0..<m * k).map { _ in Double.random(in: -1..<1, using: &generator) }
    let b = (0..<k * n).map { _ in Double.random(in: -1..<1, using: &generator) }
    var expected = [Double](repeating: 0, count: m * n)
    for i in 0..<m {
      for j in 0..<n { for p in 0..<k { expected[i * n + j] += a[i * k + p] * b[p * n + j] } }
    }
    for (left, right) in zip(Storage.allCases, Storage.allCases.reversed()) {
      let (aStored, aRow, aColumn) = store(a, rows: m, columns: k, left)
      let (bStored, bRow, bColumn) = store(b, rows: k, columns: n, right)
      for blas in Self.libraries {
        var results: [[Double]] = []
        for threads in [1, 2] {
          var c = [Double](repeating: .nan, count: m * n + 1)
          aStored.withUnsafeBufferPointer { a in
            bStored.withUnsafeBufferPointer { b in
              guard let a = a.baseAddress, let b = b.baseAddress else { return }
              DoubleProduct.run(
                m: m, n: n, k: k, a: .init(a, row: aRow, column: aColumn),
                b: .init(b, row: bRow, column: bColumn), c: &c,
                parallel: ThreadPool.shared(threads: threads), blas: blas)
            }
          }
          #expect(c.removeLast().isNaN, "written beyond the end")
          results.append(c)
        }
        #expect(results[0] == results[1], "one and two threads differ")
        let error = zip(results[0], expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(error <= 1e-13 * Double(max(1, k)), "\(left), \(right)")
        #expect(results[0].allSatisfy { !$0.isNaN })
      }
    }
  }

  /// The matrix in another form, with the steps between rows and between columns; never empty.
  private func store(
    _ x: [Double], rows: Int, columns: Int, _ storage: Storage
  ) -> (elements: [Double], row: Int, column: Int) {
    let (row, column) =
      switch storage {
      case .plain: (columns, 1)
      case .transposed: (1, rows)
      case .padded: (columns + 3, 1)
      case .strided: (2 * columns, 2)
      }
    var elements = [Double](repeating: .nan, count: rows * columns * 2 + 4 * rows + 1)
    for i in 0..<rows { for j in 0..<columns { elements[i * row + j * column] = x[i * columns + j] } }
    return (elements, row, column)
  }

  @Test(arguments: 0..<40)
  func convolutionAgreesWithTheDefinition(seed: Int) throws {
    let geometry = try ConvTests.randomGeometry(seed)
    var generator = SeededGenerator(seed: UInt64(seed) + 77)
    func random(_ count: Int) -> [Double] { (0..<count).map { _ in .random(in: -1..<1, using: &generator) } }
    let x = random(geometry.batch * geometry.inputChannels * geometry.inputArea)
    let w = random(geometry.outputChannels * geometry.depth)
    let bias = random(geometry.outputChannels)
    let count = geometry.batch * geometry.outputChannels * geometry.outputArea
    var (expected, found) = ([Double](repeating: 0, count: count), [Double](repeating: .nan, count: count))
    x.withUnsafeBufferPointer { x in
      w.withUnsafeBufferPointer { w in
        bias.withUnsafeBufferPointer { bias in
          expected.withUnsafeMutableBufferPointer {
            ConvReference.run(geometry, x: x, weights: w, bias: bias, y: $0, parallel: Serial())
          }
          found.withUnsafeMutableBufferPointer {
            ConvDouble.run(
              geometry, x: x, weights: w, bias: bias, y: $0, parallel: ThreadPool.shared(threads: 2))
          }
        }
      }
    }
    let error = zip(found, expected).reduce(0) { $1.0.isNaN ? .infinity : max($0, abs($1.0 - $1.1)) }
    #expect(error < 1e-12 * Double(max(1, geometry.depth)))
  }

  @Test func absenceIsSaidInALine() throws {
    #expect(OpenBLAS.open(wish: "off").failure?.reason == "AVIARY_OPENBLAS=off")
    let missing = try #require(OpenBLAS.open(wish: "libno-such-thing.so").failure)
    #expect(missing.reason.contains("libno-such-thing.so") && !missing.reason.contains("\n"))
    // A library without the function.
    #expect(OpenBLAS.open(wish: "libc.so.6").failure?.reason == "libc.so.6 has no cblas_dgemm")
    #expect(!DoubleProduct.choice.reason.isEmpty)
  }
}

extension Result {
  fileprivate var failure: Failure? { if case .failure(let error) = self { error } else { nil } }
}
