import AviaryCore
import CSIMD

/// Repeats every pixel of blocked images: the nearest neighbour for whole factors.
package struct BlockedUpsample: Sendable {
  private let planes: Int
  private let rows: Int
  private let columns: Int
  private let factors: (rows: Int, columns: Int)
  private let kernels: TileKernels

  /// - Parameter planes: images times blocks of channels.
  package init(
    planes: Int, rows: Int, columns: Int, factors: (rows: Int, columns: Int), kernels: TileKernels = .current
  ) {
    self.planes = planes
    self.rows = rows
    self.columns = columns
    self.factors = factors
    self.kernels = kernels
  }

  /// - Parameters:
  ///   - x: planes x H x W x c.
  ///   - y: planes x H * rows x W * columns x c.
  package func run(x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, parallel: any Parallel) {
    let lanes = Int(kernels.table.lanes)
    let width = columns * factors.columns * lanes
    parallel.forEach(planes * rows, grain: max(1, 8192 / max(1, width))) { range in
      for row in range {
        let source = x + row * columns * lanes
        let target = y + row * factors.rows * width
        // Scattering whole pixels, once for each place a pixel is repeated to.
        for place in 0..<factors.columns {
          kernels.table.unblock(
            target + place * lanes, 1, factors.columns * lanes, source, lanes, columns)
        }
        for copy in 1..<max(1, factors.rows) { (target + copy * width).update(from: target, count: width) }
      }
    }
  }
}
