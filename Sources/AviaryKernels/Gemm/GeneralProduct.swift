import AviaryCore

/// Matrix multiplication in any of the compute types, row by row: what the packed kernels do not cover.
package enum GeneralProduct {
  /// c[i, j] = sum over p of a[i, p] * b[p, j]; integers wrap.
  ///
  /// - Parameters:
  ///   - a: element (i, p) at `i * aRow + p * aColumn`.
  ///   - b: element (p, j) at `p * bRow + j * bColumn`.
  ///   - c: m x n, row-major.
  package static func run(
    _ compute: ComputeType, m: Int, n: Int, k: Int, a: UnsafeRawPointer, aRow: Int, aColumn: Int,
    b: UnsafeRawPointer, bRow: Int, bColumn: Int, c: UnsafeMutableRawPointer, parallel: any Parallel
  ) {
    func run<T: ComputeElement>(_ type: T.Type) {
      loops(
        m: m, n: n, k: k, a: a.assumingMemoryBound(to: T.self), aRow: aRow, aColumn: aColumn,
        b: b.assumingMemoryBound(to: T.self), bRow: bRow, bColumn: bColumn,
        c: c.assumingMemoryBound(to: T.self), parallel: parallel)
    }
    switch compute {
    case .float: run(Float.self)
    case .double:
      DoubleProduct.run(
        m: m, n: n, k: k, a: .init(a.assumingMemoryBound(to: Double.self), row: aRow, column: aColumn),
        b: .init(b.assumingMemoryBound(to: Double.self), row: bRow, column: bColumn),
        c: c.assumingMemoryBound(to: Double.self), parallel: parallel)
    case .int64: run(Int64.self)
    case .uint64: run(UInt64.self)
    }
  }

  /// The same for one type, as plain loops.
  static func loops<T: ComputeElement>(
    m: Int, n: Int, k: Int, a: UnsafePointer<T>, aRow: Int, aColumn: Int, b: UnsafePointer<T>, bRow: Int,
    bColumn: Int, c: UnsafeMutablePointer<T>, parallel: any Parallel
  ) {
    parallel.forEach(m, grain: max(1, 32768 / max(1, n * max(1, k)))) { rows in
      for i in rows {
        let row = c + i * n
        row.update(repeating: T.zero, count: n)
        for p in 0..<k {
          let factor = a[i * aRow + p * aColumn]
          let from = b + p * bRow
          if bColumn == 1 {
            for j in 0..<n { row[j] = row[j].plus(factor.times(from[j])) }
          } else {
            for j in 0..<n { row[j] = row[j].plus(factor.times(from[j * bColumn])) }
          }
        }
      }
    }
  }
}
