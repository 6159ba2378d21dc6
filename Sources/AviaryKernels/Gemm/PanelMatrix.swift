import AviaryCore
import CSIMD

/// A constant K x N matrix on the right of a product, packed for the pixel tile: panels of two vectors'
/// columns, each K rows, the last filled up with zeros. In bfloat16 a row of words holds two rows; where K is
/// odd the last is paired with zeros.
package struct PanelMatrix: Sendable {
  package let k: Int
  package let n: Int
  let lanes: Int
  let isNarrow: Bool
  private let data: AlignedFloats

  /// Columns of a panel.
  var width: Int { 2 * lanes }
  var panels: Int { (n + width - 1) / width }
  /// Rows of a panel: of floats, or of words.
  var depth: Int { isNarrow ? Bf16Kernels.words(k) : k }
  func panel(_ index: Int) -> UnsafePointer<Float> { data.base + index * width * depth }

  /// - Parameters:
  ///   - source: element (p, j) at `p * row + j * column`.
  ///   - scale: multiplies every element.
  /// - Throws: `TensorError.outOfMemory`.
  package init(
    _ source: UnsafePointer<Float>, k: Int, n: Int, row: Int, column: Int, scale: Float = 1,
    parallel: any Parallel, kernels: TileKernels = .current
  ) throws(TensorError) {
    let lanes = Int(kernels.table.lanes)
    let width = 2 * lanes
    guard let size = PackedColumns.size(k: k, n: n, kernels: kernels) else { throw .outOfMemory(bytes: .max) }
    self.k = k
    self.n = n
    self.lanes = lanes
    isNarrow = false
    data = try AlignedFloats(uninitialized: size) { base in
      let target = UncheckedSendablePointer(base)
      // Some rows of all panels at a time: a row is then read from end to end.
      let panels = (n + width - 1) / width
      let depth = 64
      parallel.forEach((k + depth - 1) / depth, grain: max(1, 65_536 / max(1, depth * n))) { range in
        for chunk in range {
          let first = chunk * depth
          let count = min(depth, k - first)
          for panel in 0..<panels {
            let to = target.pointer + (panel * k + first) * width
            kernels.table.pack_cols(
              to, source + panel * width * column + first * row, row, column, min(width, n - panel * width), count)
            if scale != 1 { for i in 0..<width * count { to[i] *= scale } }
          }
        }
      }
    }
  }

  /// The matrix rounded to bfloat16.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  package init(
    narrowing plain: PanelMatrix, parallel: any Parallel, kernels: Bf16Kernels = .current
  ) throws(TensorError) {
    k = plain.k
    n = plain.n
    lanes = plain.lanes
    isNarrow = true
    let (k, width, depth) = (plain.k, plain.width, Bf16Kernels.words(plain.k))
    data = try AlignedFloats(uninitialized: plain.panels * width * depth) { base in
      let target = UncheckedSendablePointer(base)
      parallel.forEach(plain.panels, grain: max(1, 65_536 / max(1, k * width))) { range in
        for panel in range {
          let (to, from) = (target.pointer + panel * width * depth, plain.panel(panel))
          for row in 0..<depth {
            let even = from + 2 * row * width
            kernels.table.narrow_pairs(to + row * width, even, 2 * row + 1 < k ? even + width : nil, width)
          }
        }
      }
    }
  }
}
