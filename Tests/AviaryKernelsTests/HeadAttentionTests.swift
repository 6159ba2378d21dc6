import AviaryCore
import AviaryKernels
import CSIMD
import Foundation
import TestSupport
import Testing

/// Attention against the formula, in double precision, on seeded random geometries.
@Suite struct HeadAttentionTests {
  struct Case: Sendable, CustomStringConvertible {
    let batch, heads, queries, keys, size, valueSize: Int
    let isPacked: Bool
    let masks: [Bool]?
    var description: String { "\(batch)x\(heads)x\(queries)x\(keys) of \(size), \(valueSize)" }
  }

  static let cases: [Case] = {
    var generator = SeededGenerator(seed: 11)
    var cases = [
      Case(batch: 1, heads: 12, queries: 197, keys: 197, size: 64, valueSize: 64, isPacked: true, masks: nil),
      Case(batch: 1, heads: 1, queries: 1, keys: 1, size: 1, valueSize: 1, isPacked: false, masks: nil),
      Case(batch: 1, heads: 1, queries: 70, keys: 700, size: 8, valueSize: 5, isPacked: false, masks: nil),
    ]
    for _ in 0..<30 {
      func random(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
      let isPacked = Bool.random(using: &generator)
      let (queries, size) = (random(1...60), random(1...40))
      cases.append(
        Case(
          batch: random(1...3), heads: random(1...4), queries: queries,
          keys: isPacked ? queries : random(1...60), size: size, valueSize: isPacked ? size : random(1...40),
          isPacked: isPacked,
          masks: random(0...2) == 0 ? nil : (0..<4).map { _ in Bool.random(using: &generator) }))
    }
    return cases
  }()

  @Test(arguments: availableSets, cases) func agreesWithTheFormula(set: String, test: Case) throws {
    let kernels = try #require(TileKernels(name: set))
    var generator = SeededGenerator(seed: 5)
    func random(_ count: Int) -> [Float] { (0..<count).map { _ in .random(in: -2...2, using: &generator) } }
    let (heads, size, valueSize) = (test.heads, test.size, test.valueSize)
    let widths = test.isPacked ? [3 * heads * size] : [heads * size, heads * size, heads * valueSize]
    let counts = test.isPacked ? [test.queries] : [test.queries, test.keys, test.keys]
    let data = zip(widths, counts).map { random($0 * $1 * test.batch) }
    let rows = (0..<3).map { operand in
      let at = test.isPacked ? 0 : operand
      return HeadAttention.Rows(
        offset: test.isPacked ? operand * heads * size : 0, batchStep: widths[at] * counts[at],
        rowStep: widths[at], headStep: operand == 2 ? valueSize : size)
    }
    let width = heads * valueSize
    let output = HeadAttention.Rows(
      offset: 0, batchStep: test.queries * width, rowStep: width, headStep: valueSize)
    let full = [test.batch, heads, test.queries, test.keys]
    let maskDims = test.masks.map { zip($0, full).map { $0 ? $1 : 1 } }
    let mask = maskDims.map { random($0.reduce(1, *)) }
    let layout = maskDims.map { dims in
      let steps = zip(denseStrides(dims), dims).map { $1 == 1 ? 0 : $0 }
      return HeadAttention.Mask(batchStep: steps[0], headStep: steps[1], rowStep: steps[2], keyStep: steps[3])
    }
    let scale = 1 / Float(size).squareRoot()
    let attention = HeadAttention(
      batch: test.batch, heads: heads, queryCount: test.queries, keyCount: test.keys, headSize: size,
      valueSize: valueSize, scale: scale, queries: rows[0], keys: rows[1], values: rows[2], output: output,
      mask: layout, kernels: kernels)
    let pool = ThreadPool(threads: 3)
    var scratch = [Float](repeating: .nan, count: try #require(attention.scratchSize) * pool.threads)
    var y = [Float](repeating: .nan, count: test.batch * test.queries * width)
    let operands = test.isPacked ? [data[0], data[0], data[0]] : data
    attention.run(
      q: operands[0], k: operands[1], v: operands[2], mask: mask, y: &y, scratch: &scratch, parallel: pool)

    var worst = 0.0
    for b in 0..<test.batch {
      for h in 0..<heads {
        func at(_ operand: Int, _ i: Int, _ d: Int) -> Double {
          let r = rows[operand]
          return Double(operands[operand][r.offset + b * r.batchStep + i * r.rowStep + h * r.headStep + d])
        }
        for i in 0..<test.queries {
          var scores = (0..<test.keys).map { j in
            (0..<size).reduce(0.0) { $0 + at(0, i, $1) * at(1, j, $1) } * Double(scale)
          }
          if let mask, let layout {
            for j in scores.indices {
              scores[j] += Double(
                mask[b * layout.batchStep + h * layout.headStep + i * layout.rowStep + j * layout.keyStep])
            }
          }
          let largest = scores.max() ?? 0
          scores = scores.map { exp($0 - largest) }
          let total = scores.reduce(0, +)
          for d in 0..<valueSize {
            let exact = scores.indices.reduce(0.0) { $0 + scores[$1] * at(2, $1, d) } / total
            let found = Double(y[b * output.batchStep + i * width + h * valueSize + d])
            let error = abs(found - exact)
            if !(error <= worst) { worst = error }
          }
        }
      }
    }
    #expect(worst < 2e-5)
  }
}
