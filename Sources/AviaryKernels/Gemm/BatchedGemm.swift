import AviaryCore

/// Many products of the same size in single precision, none of whose factors is packed yet.
package struct BatchedGemm {
  package let m: Int
  package let n: Int
  package let k: Int
  private let kernels: TileKernels

  package init(m: Int, n: Int, k: Int, kernels: TileKernels = .current) {
    self.m = m
    self.n = n
    self.k = k
    self.kernels = kernels
  }

  /// Floats of scratch memory for one product: B packed, and A where that pays. `nil` where it overflows.
  package var scratchSize: Int? {
    guard let columns = PackedColumns.size(k: k, n: n, kernels: kernels) else { return nil }
    return columns + PackedGemm.scratchSize(m: m, n: n, k: k, kernels: kernels)
  }

  /// One of the products.
  package struct Product {
    package let a: PackedGemm.Matrix
    /// k x n.
    package let b: PackedGemm.Matrix
    /// m x n; rows are `cRow` floats apart.
    package let c: UnsafeMutablePointer<Float>
    package let cRow: Int
    package let epilogue: Epilogue

    package init(
      a: PackedGemm.Matrix, b: PackedGemm.Matrix, c: UnsafeMutablePointer<Float>, cRow: Int,
      epilogue: Epilogue = Epilogue()
    ) {
      self.a = a
      self.b = b
      self.c = c
      self.cRow = cRow
      self.epilogue = epilogue
    }
  }

  /// Computes `count` products; several at once where there are enough of them, each on all threads
  /// otherwise.
  ///
  /// - Parameter scratch: `parallel.threads` slots of `scratchSize`.
  package func run(
    count: Int, scratch: WorkerScratch<Float>, parallel: any Parallel, _ product: (Int) -> Product
  ) {
    guard m > 0, n > 0 else { return }
    if count >= 2 * parallel.threads {
      parallel.forEach(count, grain: max(1, 100_000 / max(1, m * n * max(1, k)))) { range in
        scratch.withSlot { memory in
          for index in range { run(product(index), memory, Serial()) }
        }
      }
    } else {
      scratch.withSlot { memory in
        for index in 0..<count { run(product(index), memory, parallel) }
      }
    }
  }

  private func run(_ product: Product, _ memory: UnsafeMutablePointer<Float>, _ parallel: any Parallel) {
    PackedColumns.pack(
      product.b.base, k: k, n: n, row: product.b.row, column: product.b.column, kernels: kernels,
      into: memory, parallel: parallel)
    let columns = PackedColumns.size(k: k, n: n, kernels: kernels) ?? 0
    PackedGemm.run(
      m: m, n: n, k: k, a: product.a, b: memory, c: product.c, cRow: product.cRow,
      epilogue: product.epilogue, scratch: memory + columns, parallel: parallel, kernels: kernels)
  }
}
