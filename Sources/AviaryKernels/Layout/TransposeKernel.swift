import AviaryCore
import CSIMD

/// A transposition of 4-byte cells, laid out for one shape: rows that stay whole are copied, everything else
/// is a stack of matrices that are transposed in register tiles.
package struct TransposeKernel: Sendable {
  /// Axes around the matrices (or around the rows), outermost first.
  private let outer: [(extent: Int, source: Int, destination: Int)]
  private let outerCount: Int
  /// The matrix: `rows` along the destination's last axis, `columns` along the source's last.
  private let rows, columns: Int
  /// Cells between rows of the source, and between columns of the destination.
  private let sourceRow, destinationColumn: Int
  /// Whether rows stay whole: then `rows` of `columns` neighbouring cells are copied.
  private let copiesRows: Bool
  private let kernels: TileKernels

  /// - Parameters:
  ///   - dims: extents of the source.
  ///   - order: axis `k` of the destination is axis `order[k]` of the source; a permutation.
  package init(dims: [Int], order: [Int], kernels: TileKernels = .current) {
    self.kernels = kernels
    let strides = denseStrides(dims)
    let resultDims = order.map { dims[$0] }
    let copy = StridedCopy(
      dims: resultDims, source: order.map { strides[$0] }, destination: denseStrides(resultDims)
    ).coalesced
    var axes = copy.dims.indices.map {
      (extent: copy.dims[$0], source: copy.source[$0], destination: copy.destination[$0])
    }
    let last = axes.popLast() ?? (extent: 1, source: 1, destination: 1)
    if last.source == 1 {
      // The innermost of the other axes counts the rows of a job.
      let row = axes.popLast() ?? (extent: 1, source: last.extent, destination: last.extent)
      copiesRows = true
      (rows, columns) = (row.extent, last.extent)
      (sourceRow, destinationColumn) = (row.source, row.destination)
    } else {
      let position = axes.lastIndex { $0.source == 1 }
      let column = position.map { axes.remove(at: $0) } ?? (extent: 1, source: 1, destination: 1)
      copiesRows = false
      (rows, columns) = (last.extent, column.extent)
      (sourceRow, destinationColumn) = (last.source, column.destination)
    }
    outer = axes
    outerCount = axes.reduce(1) { $0 * $1.extent }
  }

  /// The kind of copy, for `--explain`.
  package var name: String { copiesRows ? "copy of rows of \(columns)" : "transpose in register tiles" }

  /// Cells of a job: enough to be worth handing to another thread.
  private static let grain = 1 << 14

  package func run(
    from: UnsafeRawPointer, to: UnsafeMutableRawPointer, parallel: any Parallel
  ) {
    let source = from.assumingMemoryBound(to: Float.self)
    let target = to.assumingMemoryBound(to: Float.self)
    guard outerCount > 0, rows > 0, columns > 0 else { return }
    // Strips of rows, in multiples of a tile, so that a few large matrices still are many jobs.
    let strip = min(rows, max(16, (Self.grain / columns + 15) & ~15))
    let strips = (rows + strip - 1) / strip
    let grain = max(1, Self.grain / (strip * columns))
    parallel.forEach(outerCount * strips, grain: grain) { range in
      for job in range {
        let (index, part) = job.quotientAndRemainder(dividingBy: strips)
        var (rest, s, d) = (index, 0, 0)
        for axis in outer.reversed() {
          let (quotient, digit) = rest.quotientAndRemainder(dividingBy: axis.extent)
          s += digit * axis.source
          d += digit * axis.destination
          rest = quotient
        }
        let first = part * strip
        let count = min(strip, rows - first)
        if copiesRows {
          for row in first..<first + count {
            (target + d + row * destinationColumn).update(from: source + s + row * sourceRow, count: columns)
          }
        } else {
          kernels.table.transpose(
            target + d + first, destinationColumn, source + s + first * sourceRow, sourceRow, count, columns)
        }
      }
    }
  }
}
