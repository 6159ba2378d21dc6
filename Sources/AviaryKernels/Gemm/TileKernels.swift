import CSIMD

/// The vector kernels in use, with the shape of their register tile.
package struct TileKernels: @unchecked Sendable {
  // Why it may be shared: a constant table of functions, never written.
  package let table: aviary_kernels
  package var rows: Int { Int(table.tile_rows) }
  package var columns: Int { Int(table.tile_cols) }
  package var name: String { String(cString: table.name) }

  /// The set chosen for this process.
  package static let current = TileKernels(table: aviary_kernels().pointee)

  /// A set by name, `nil` where the processor lacks it.
  package init?(name: String) {
    guard let table = aviary_kernels_named(name) else { return nil }
    self.init(table: table.pointee)
  }

  private init(table: aviary_kernels) { self.table = table }

  /// Depth of a block: one column panel of it stays in the first-level cache.
  static let depth = 256
}

/// Rows cut into panels of nearly equal height, none higher than a register tile.
package struct RowPanels: Sendable {
  package let rows: Int
  package let count: Int

  package init(rows: Int, tileRows: Int) {
    self.rows = rows
    self.count = (rows + tileRows - 1) / tileRows
  }

  /// The first row of a panel; `count` gives the end of the last.
  package func start(_ panel: Int) -> Int { count == 0 ? 0 : panel * rows / count }
  package func height(_ panel: Int) -> Int { start(panel + 1) - start(panel) }
}
