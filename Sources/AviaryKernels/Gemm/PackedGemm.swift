import AviaryCore
import CSIMD

/// Matrix multiplication in single precision: C = epilogue(A B).
///
/// A is m x k with any strides, B is packed by columns, C is row-major. Every element of C is one chain of
/// multiply-adds per block of `TileKernels.depth` in k, added up in order: results depend neither on the
/// number of threads nor on how the matrix is cut.
package enum PackedGemm {
  /// A matrix in memory: element (i, j) stands at `base[i * row + j * column]`.
  package struct Matrix {
    package let base: UnsafePointer<Float>
    package let row: Int
    package let column: Int

    package init(_ base: UnsafePointer<Float>, row: Int, column: Int = 1) {
      self.base = base
      self.row = row
      self.column = column
    }
  }

  /// Floats of scratch memory that `run` needs for A.
  package static func scratchSize(m: Int, n: Int, k: Int, kernels: TileKernels = .current) -> Int {
    packsRows(n: n, kernels: kernels) ? m * k : 0
  }

  /// Packing A costs about as much as two columns of B; with few columns it is read where it stands.
  private static func packsRows(n: Int, kernels: TileKernels) -> Bool { n >= 6 * kernels.columns }

  /// - Parameters:
  ///   - b: k x n, packed.
  ///   - c: m x n; rows are `cRow` floats apart.
  ///   - scratch: `scratchSize` floats.
  package static func run(
    m: Int, n: Int, k: Int, a: Matrix, b: UnsafePointer<Float>, c: UnsafeMutablePointer<Float>, cRow: Int,
    epilogue: Epilogue, scratch: UnsafeMutablePointer<Float>?, parallel: any Parallel,
    kernels: TileKernels = .current
  ) {
    guard m > 0, n > 0 else { return }
    let panels = RowPanels(rows: m, tileRows: kernels.rows)
    var packed: UnsafePointer<Float>?
    if packsRows(n: n, kernels: kernels), let scratch {
      PackedRows.pack(
        a.base, panels: panels, k: k, row: a.row, column: a.column, kernels: kernels, into: scratch,
        parallel: parallel)
      packed = UnsafePointer(scratch)
    }
    let columnPanels = (n + kernels.columns - 1) / kernels.columns
    let grid = Grid(rowPanels: panels.count, columnPanels: columnPanels, kernels: kernels, k: k)
    let depth = TileKernels.depth
    parallel.forEach(grid.count, grain: 1) { range in
      for job in range {
        let (rowRange, columnRange) = grid.block(job)
        var start = 0
        repeat {
          let length = min(depth, k - start)
          let isLast = start + length >= k
          for columnPanel in columnRange {
            let column = columnPanel * kernels.columns
            let width = min(kernels.columns, n - column)
            let bPanel = b + (columnPanel * k + start) * kernels.columns
            for panel in rowRange {
              let row = panels.start(panel)
              let height = panels.height(panel)
              let target = c + (row * cRow + column)
              if let packed {
                kernels.table.tile(
                  length, packed + (row * k + start * height), 1, height, bPanel, kernels.columns, target,
                  cRow, height, width, start == 0 ? 0 : 1)
              } else {
                kernels.table.tile(
                  length, a.base + (row * a.row + start * a.column), a.row, a.column, bPanel,
                  kernels.columns, target, cRow, height, width, start == 0 ? 0 : 1)
              }
              if isLast, !epilogue.isIdentity {
                var part = epilogue.from(row: row, column: column)
                kernels.table.finish(target, cRow, target, cRow, height, width, &part)
              }
            }
          }
          start += depth
        } while start < k
      }
    }
  }

  /// How C is cut into jobs: large enough to reuse what lies in the second-level cache, and several where
  /// there is work for several threads.
  private struct Grid {
    private let rowBlocks: Int
    private let columnBlocks: Int
    private let rowPanels: Int
    private let columnPanels: Int

    init(rowPanels: Int, columnPanels: Int, kernels: TileKernels, k: Int) {
      self.rowPanels = rowPanels
      self.columnPanels = columnPanels
      var rows = min(rowPanels, max(1, 144 / kernels.rows))
      var columns = min(columnPanels, max(1, 512 / kernels.columns))
      func blocks(_ panels: Int, _ block: Int) -> Int { (panels + block - 1) / block }
      let tileWork = kernels.rows * kernels.columns * max(1, k)
      while blocks(rowPanels, rows) * blocks(columnPanels, columns) < 16,
        rows * columns * tileWork > 400_000, rows > 1 || columns > 1
      {
        // Columns first: cutting rows makes several jobs read the same panel of B.
        if columns * 2 >= rows && columns > 1 { columns = (columns + 1) / 2 } else { rows = (rows + 1) / 2 }
      }
      rowBlocks = blocks(rowPanels, rows)
      columnBlocks = blocks(columnPanels, columns)
    }

    var count: Int { rowBlocks * columnBlocks }

    func block(_ job: Int) -> (rows: Range<Int>, columns: Range<Int>) {
      // Jobs that follow each other share their columns of B.
      let (column, row) = job.quotientAndRemainder(dividingBy: rowBlocks)
      return (
        row * rowPanels / rowBlocks..<(row + 1) * rowPanels / rowBlocks,
        column * columnPanels / columnBlocks..<(column + 1) * columnPanels / columnBlocks
      )
    }
  }
}
