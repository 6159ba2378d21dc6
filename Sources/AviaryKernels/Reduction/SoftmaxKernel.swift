import AviaryCore
import CSIMD

/// Softmax or its logarithm of single precision tensors, with all its memory given.
package struct SoftmaxKernel: Sendable {
  private let kind: SoftmaxKind
  private let geometry: AxisGeometry
  private let kernels: TileKernels

  package init(_ kind: SoftmaxKind, _ geometry: AxisGeometry, kernels: TileKernels = .current) {
    self.kind = kind
    self.geometry = geometry
    self.kernels = kernels
  }

  /// Floats of scratch memory for one thread.
  package var scratchSize: Int {
    if geometry.inner > 1 { return 3 * softmaxPieceLength }
    return kind == .logarithm ? geometry.length : 0
  }

  /// `y` may be `x`.
  ///
  /// - Parameter scratch: `parallel.threads` times `scratchSize` floats.
  package func run(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>,
    parallel: any Parallel
  ) {
    guard !geometry.isEmpty else { return }
    let (length, inner) = (geometry.length, geometry.inner)
    if inner == 1 {
      parallel.forEach(geometry.outer, grain: max(1, 16384 / length)) { rows, worker in
        if kind == .probability {
          let start = rows.lowerBound * length
          return kernels.table.softmax_rows(y + start, x + start, rows.count, length)
        }
        for row in rows {
          self.row(x + row * length, y + row * length, scratch + worker * scratchSize)
        }
      }
      return
    }
    let width = softmaxPieceLength
    let pieces = (inner + width - 1) / width
    let grain = max(1, 16384 / (length * min(inner, width)))
    parallel.forEach(geometry.outer * pieces, grain: grain) { range, worker in
      for index in range {
        let column = index % pieces * width
        let start = index / pieces * length * inner + column
        softmaxColumns(
          kind, x + start, y + start, length, inner, min(width, inner - column), scratch + worker * scratchSize
        ) { VectorMath.exp($0, $0, $1) }
      }
    }
  }

  /// The logarithm.
  private func row(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ scratch: UnsafeMutablePointer<Float>
  ) {
    let table = kernels.table
    let length = geometry.length
    let sum = table.exp_sum(scratch, x, nil, 1, length)
    let (largest, logarithm) = (table.row_max(x, length), Float.log(sum))
    elementLoop(x, y, length) { $0 - largest - logarithm }
  }
}
