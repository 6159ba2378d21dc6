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
