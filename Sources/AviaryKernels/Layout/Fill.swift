import AviaryCore

/// Writes one cell `count` times.
///
/// - Parameter width: bytes of a cell: 1, 2, 4, 8 or 16.
package func fillCells(
  _ to: UnsafeMutableRawPointer, count: Int, with cell: UnsafeRawPointer, width: Int,
  parallel: any Parallel = Serial()
) {
  StridedCopy(dims: [count], source: [0], destination: [1])
    .run(from: cell, to: to, width: width, parallel: parallel)
}

/// Fills without a copy's bookkeeping, for kernels that must not allocate.
package enum StridedFill {
  /// Writes one cell `count` times.
  package static func run(
    _ to: UnsafeMutableRawPointer, count: Int, with cell: UnsafeRawPointer, width: Int,
    parallel: any Parallel
  ) {
    func fill<Cell: BitwiseCopyable>(_ type: Cell.Type) {
      let value = cell.loadUnaligned(as: Cell.self)
      let to = to.assumingMemoryBound(to: Cell.self)
      parallel.forEach(count, grain: StridedCopy.grain) { range in
        (to + range.lowerBound).update(repeating: value, count: range.count)
      }
    }
    switch width {
    case 1: fill(UInt8.self)
    case 2: fill(UInt16.self)
    case 4: fill(UInt32.self)
    case 8: fill(UInt64.self)
    default: fill(Cell16.self)
    }
  }

  /// Clears bytes.
  package static func zero(_ to: UnsafeMutableRawPointer, byteCount: Int, parallel: any Parallel) {
    parallel.forEach(byteCount, grain: StridedCopy.grain * 4) { range in
      (to + range.lowerBound).initializeMemory(as: UInt8.self, repeating: 0, count: range.count)
    }
  }
}
