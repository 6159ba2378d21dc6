import AviaryCore

/// Matrix multiplication in double precision: OpenBLAS where there is one and the matrices are worth it, our
/// plain loops otherwise.
package enum DoubleProduct {
  /// A matrix in memory: element (i, j) stands at `base[i * row + j * column]`.
  package struct Matrix {
    package let base: UnsafePointer<Double>
    package let row: Int
    package let column: Int

    package init(_ base: UnsafePointer<Double>, row: Int, column: Int = 1) {
      self.base = base
      self.row = row
      self.column = column
    }

    func from(row i: Int, column j: Int) -> Matrix {
      Matrix(base + (i * row + j * column), row: row, column: column)
    }

    /// How BLAS sees `rows` x `columns` of it: elements between rows of what is stored, and whether that is
    /// the transpose. `nil` where neither axis is contiguous.
    func layout(rows: Int, columns: Int) -> (leading: Int, transposed: Bool)? {
      // The step along an axis of one element is never taken.
      if column == 1 || columns <= 1, row >= columns || rows <= 1 {
        return (max(1, rows <= 1 ? columns : row), false)
      }
      if row == 1 || rows <= 1, column >= rows || columns <= 1 {
        return (max(1, columns <= 1 ? rows : column), true)
      }
      return nil
    }
  }

  /// Products of fewer multiply-adds than this are done before a call has set itself up.
  private static let smallest = 4096
  /// Rows and columns of one job. Jobs depend on the sizes alone, so results do not depend on threads.
  private static let jobRows = 128
  private static let jobColumns = 512

  /// c[i, j] = sum over p of a[i, p] * b[p, j].
  ///
  /// - Parameter c: m x n, row-major.
  package static func run(
    m: Int, n: Int, k: Int, a: Matrix, b: Matrix, c: UnsafeMutablePointer<Double>, parallel: any Parallel,
    blas: Result<OpenBLAS, OpenBLAS.Absence> = OpenBLAS.shared
  ) {
    guard m > 0, n > 0 else { return }
    if case .success(let blas) = blas, isWorthwhile(m: m, n: n, k: k),
      let aLayout = a.layout(rows: m, columns: k), let bLayout = b.layout(rows: k, columns: n),
      let sizes = Sizes(k: k, lda: aLayout.leading, ldb: bLayout.leading, ldc: n)
    {
      let (rowJobs, columnJobs) = ((m - 1) / jobRows + 1, (n - 1) / jobColumns + 1)
      parallel.forEach(rowJobs * columnJobs, grain: 1) { range in
        for job in range {
          let (i, j) = (job % rowJobs * jobRows, job / rowJobs * jobColumns)
          blas.product(
            m: Int32(min(jobRows, m - i)), n: Int32(min(jobColumns, n - j)), k: sizes.k,
            a: a.from(row: i, column: 0).base, lda: sizes.lda, transA: aLayout.transposed,
            b: b.from(row: 0, column: j).base, ldb: sizes.ldb, transB: bLayout.transposed,
            c: c + (i * n + j), ldc: sizes.ldc)
        }
      }
    } else {
      GeneralProduct.loops(
        m: m, n: n, k: k, a: a.base, aRow: a.row, aColumn: a.column, b: b.base, bRow: b.row,
        bColumn: b.column, c: c, parallel: parallel)
    }
  }

  private static func isWorthwhile(m: Int, n: Int, k: Int) -> Bool {
    k > 0 && Double(m) * Double(n) * Double(k) >= Double(smallest)
  }

  /// What a call takes besides the job's own extents, where it fits the library's 32-bit integers.
  private struct Sizes {
    let k, lda, ldb, ldc: Int32

    init?(k: Int, lda: Int, ldb: Int, ldc: Int) {
      guard let k = Int32(exactly: k), let lda = Int32(exactly: lda), let ldb = Int32(exactly: ldb),
        let ldc = Int32(exactly: ldc)
      else { return nil }
      (self.k, self.lda, self.ldb, self.ldc) = (k, lda, ldb, ldc)
    }
  }

  /// What double-precision products are computed with, and why.
  package static var choice: KernelChoice {
    switch OpenBLAS.shared {
    case .success(let blas):
      KernelChoice("OpenBLAS dgemm (\(blas.core))", reason: "double precision has no kernels of our own")
    case .failure(let absence):
      KernelChoice("loops", reason: "double precision has no kernels of our own, and no OpenBLAS: \(absence.reason)")
    }
  }
}
