import AviaryCore

/// A matrix on the right of a product (K x N), packed once: panels of `kernels.columns` columns, each K rows
/// of that many floats, the last filled up with zeros.
package struct PackedColumns: Sendable {
  package let k: Int
  package let n: Int
  package let kernels: TileKernels
  private let buffer: TensorBuffer

  package var base: UnsafePointer<Float> {
    UnsafePointer(buffer.base.assumingMemoryBound(to: Float.self))
  }

  /// Floats that the packed form takes; `nil` where that overflows.
  package static func size(k: Int, n: Int, kernels: TileKernels) -> Int? {
    let panels = n / kernels.columns + (n % kernels.columns == 0 ? 0 : 1)
    let (floats, overflow) = (panels * kernels.columns).multipliedReportingOverflow(by: k)
    return overflow || floats > Int.max / 8 ? nil : floats
  }

  /// Packs a matrix whose element (p, j) stands at `source[p * row + j * column]`.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  package init(
    _ source: UnsafePointer<Float>, k: Int, n: Int, row: Int, column: Int, scale: Float = 1,
    kernels: TileKernels = .current
  ) throws(TensorError) {
    guard let size = Self.size(k: k, n: n, kernels: kernels) else { throw .outOfMemory(bytes: .max) }
    self.k = k
    self.n = n
    self.kernels = kernels
    buffer = try TensorBuffer(byteCount: size * 4)
    let target = buffer.base.bindMemory(to: Float.self, capacity: max(1, size))
    Self.pack(
      source, k: k, n: n, row: row, column: column, kernels: kernels, into: target, parallel: Serial())
    if scale != 1 { for i in 0..<size { target[i] *= scale } }
  }

  /// Packs into memory of `size` floats.
  static func pack(
    _ source: UnsafePointer<Float>, k: Int, n: Int, row: Int, column: Int, kernels: TileKernels,
    into target: UnsafeMutablePointer<Float>, parallel: any Parallel
  ) {
    let width = kernels.columns
    let panels = (n + width - 1) / width
    parallel.forEach(panels, grain: max(1, 16384 / max(1, k * width))) { range in
      for panel in range {
        kernels.table.pack_cols(
          target + panel * k * width, source + panel * width * column, row, column,
          min(width, n - panel * width), k)
      }
    }
  }
}

/// A matrix on the left of a product (M x K), packed once: panels of rows (`RowPanels`), each K columns of as
/// many floats as the panel has rows.
package struct PackedRows: Sendable {
  package let k: Int
  package let panels: RowPanels
  package let kernels: TileKernels
  private let buffer: TensorBuffer

  package var base: UnsafePointer<Float> {
    UnsafePointer(buffer.base.assumingMemoryBound(to: Float.self))
  }

  /// Packs `matrices` matrices of m x k, row-major, one after the other.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  package init(
    _ source: UnsafePointer<Float>, matrices: Int, m: Int, k: Int, kernels: TileKernels = .current
  ) throws(TensorError) {
    self.k = k
    self.kernels = kernels
    panels = RowPanels(rows: m, tileRows: kernels.rows)
    buffer = try TensorBuffer(byteCount: matrices * m * k * 4)
    let target = buffer.base.bindMemory(to: Float.self, capacity: max(1, matrices * m * k))
    for matrix in 0..<matrices {
      let offset = matrix * m * k
      Self.pack(
        source + offset, panels: panels, k: k, row: k, column: 1, kernels: kernels, into: target + offset,
        parallel: Serial())
    }
  }

  /// Packs a matrix whose element (i, p) stands at `source[i * row + p * column]` into m * k floats.
  static func pack(
    _ source: UnsafePointer<Float>, panels: RowPanels, k: Int, row: Int, column: Int, kernels: TileKernels,
    into target: UnsafeMutablePointer<Float>, parallel: any Parallel
  ) {
    parallel.forEach(panels.count, grain: max(1, 16384 / max(1, k * kernels.rows))) { range in
      for panel in range {
        let start = panels.start(panel)
        kernels.table.pack_rows(
          target + start * k, source + start * row, row, column, panels.height(panel), k)
      }
    }
  }
}
