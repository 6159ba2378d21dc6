import AviaryCore

/// The two products of attention, one for every batch entry and query head.
package struct HeadProducts {
  /// Rows of head vectors in memory: entry (batch, head, position) begins at the sum of the steps times
  /// these.
  package struct Heads {
    package let base: UnsafeMutableRawPointer
    package let batchStep: Int
    package let headStep: Int
    package let rowStep: Int

    package init(_ base: UnsafeMutableRawPointer, batchStep: Int, headStep: Int, rowStep: Int) {
      self.base = base
      self.batchStep = batchStep
      self.headStep = headStep
      self.rowStep = rowStep
    }
  }

  private let batch: Int
  private let heads: Int
  /// Query heads that share one key head.
  private let sharing: Int
  private let parallel: any Parallel

  package init(batch: Int, heads: Int, sharing: Int, parallel: any Parallel) {
    self.batch = batch
    self.heads = heads
    self.sharing = sharing
    self.parallel = parallel
  }

  /// Scratch slots that `floats` uses.
  package var slots: Int { batch * heads >= 2 * parallel.threads ? parallel.threads : 1 }

  /// c = a b for every head, b (whose heads are shared) by columns where `transposed`, in single precision.
  ///
  /// - Parameter scratch: `slots` slots of `gemm.scratchSize`.
  package func floats(
    _ gemm: BatchedGemm, a: Heads, b: Heads, transposed: Bool, c: Heads, scratch: WorkerScratch<Float>
  ) {
    gemm.run(count: batch * heads, scratch: scratch, parallel: parallel) { index in
      BatchedGemm.Product(
        a: .init(address(a, index, 1, Float.self), row: a.rowStep),
        b: .init(
          address(b, index, sharing, Float.self), row: transposed ? 1 : b.rowStep,
          column: transposed ? b.rowStep : 1),
        c: UnsafeMutablePointer(mutating: address(c, index, 1, Float.self)), cRow: c.rowStep)
    }
  }

  /// As `floats`, in double precision.
  package func doubles(m: Int, n: Int, k: Int, a: Heads, b: Heads, transposed: Bool, c: Heads) {
    parallel.forEach(batch * heads, grain: 1) { range in
      for index in range {
        let left = address(a, index, 1, Double.self)
        let right = address(b, index, sharing, Double.self)
        let target = UnsafeMutablePointer(mutating: address(c, index, 1, Double.self))
        for i in 0..<m {
          for j in 0..<n {
            var sum = 0.0
            for p in 0..<k {
              sum += left[i * a.rowStep + p] * right[transposed ? j * b.rowStep + p : p * b.rowStep + j]
            }
            target[i * c.rowStep + j] = sum
          }
        }
      }
    }
  }

  private func address<T>(
    _ heads: Heads, _ index: Int, _ sharing: Int, _ type: T.Type
  ) -> UnsafePointer<T> {
    let (b, h) = index.quotientAndRemainder(dividingBy: self.heads)
    let base = heads.base.assumingMemoryBound(to: T.self)
    return UnsafePointer(base + (b * heads.batchStep + h / sharing * heads.headStep))
  }
}
