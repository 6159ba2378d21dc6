import AviaryCore
import CSIMD

/// Layer or root-mean-square normalisation of the rows of a matrix in single precision.
package struct RowNormalization: Sendable {
  package let rows: Int
  package let length: Int
  private let isCentered: Bool
  private let epsilon: Float
  private let kernels: TileKernels

  /// - Parameter isCentered: whether the mean is subtracted.
  package init(rows: Int, length: Int, isCentered: Bool, epsilon: Float, kernels: TileKernels = .current) {
    self.rows = rows
    self.length = length
    self.isCentered = isCentered
    self.epsilon = epsilon
    self.kernels = kernels
  }

  /// - Parameters:
  ///   - scale: `length` factors, and `bias` as many summands or none.
  ///   - means: receives one mean a row, where wanted; `inverses` likewise 1 / sqrt(variance + epsilon).
  package func run(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, scale: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, means: UnsafeMutablePointer<Float>? = nil,
    inverses: UnsafeMutablePointer<Float>? = nil, parallel: any Parallel
  ) {
    guard length > 0 else { return }
    parallel.forEach(rows, grain: max(1, 16384 / length)) { range in
      for row in range {
        var statistics: (mean: Float, inverse: Float) = (0, 0)
        withUnsafeMutableBytes(of: &statistics) { bytes in
          kernels.table.normalize_row(
            y + row * length, x + row * length, scale, bias, epsilon, isCentered ? 1 : 0, length,
            bytes.baseAddress?.assumingMemoryBound(to: Float.self))
        }
        means?[row] = statistics.mean
        inverses?[row] = statistics.inverse
      }
    }
  }
}
