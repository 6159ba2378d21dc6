import AviaryCore

/// Which elements of a dense tensor fold into which output: axes of extent 1 dropped, neighbouring axes
/// of the same kind merged, so that a global mean over `[N, C, H, W]` becomes N * C rows of H * W.
package struct ReductionGeometry: Sendable {
  /// A run of merged axes of one kind.
  private struct Axis {
    let isReduced: Bool
    var extent: Int
    var stride: Int
  }

  /// Elements of the output.
  package let outputCount: Int
  /// Elements that fold into each output element.
  package let reducedCount: Int
  /// Whether the innermost axis is reduced, so that rows fold to one value; otherwise rows add up to rows.
  let foldsRows: Bool
  /// Elements of a contiguous row.
  let rowLength: Int
  /// Extents and strides of the kept axes, and of the reduced ones, both without the row itself.
  let keptDims, keptStrides, reducedDims, reducedStrides: [Int]
  /// How many rows fold into one output (or one row of outputs).
  let reducedRows: Int

  /// - Parameter axes: normalised, each at most once.
  package init(_ shape: Shape, axes: Set<Int>) {
    var merged: [Axis] = []
    for (axis, stride) in shape.strides.enumerated() where shape[axis] != 1 {
      let isReduced = axes.contains(axis)
      if let last = merged.last, last.isReduced == isReduced {
        merged[merged.count - 1].extent *= shape[axis]
        merged[merged.count - 1].stride = stride
      } else {
        merged.append(Axis(isReduced: isReduced, extent: shape[axis], stride: stride))
      }
    }
    outputCount = merged.filter { !$0.isReduced }.map(\.extent).reduce(1, *)
    reducedCount = merged.filter(\.isReduced).map(\.extent).reduce(1, *)
    let row = merged.popLast() ?? Axis(isReduced: true, extent: 1, stride: 1)
    foldsRows = row.isReduced
    rowLength = row.extent
    let kept = merged.filter { !$0.isReduced }
    let reduced = merged.filter(\.isReduced)
    keptDims = kept.map(\.extent)
    keptStrides = kept.map(\.stride)
    reducedDims = reduced.map(\.extent)
    reducedStrides = reduced.map(\.stride)
    reducedRows = reducedDims.reduce(1, *)
  }

  /// `196 terms in rows`, or `196 terms across rows`.
  package var description: String { "\(reducedCount) terms \(foldsRows ? "in" : "across") rows" }

  /// Where the `index`-th combination of kept axes begins.
  func keptOffset(_ index: Int) -> Int { Self.offset(index, keptDims, keptStrides) }
  /// How far the `index`-th combination of reduced axes lies behind that.
  func reducedOffset(_ index: Int) -> Int { Self.offset(index, reducedDims, reducedStrides) }

  private static func offset(_ index: Int, _ dims: [Int], _ strides: [Int]) -> Int {
    var (rest, offset) = (index, 0)
    for axis in dims.indices.reversed() {
      offset += rest % dims[axis] * strides[axis]
      rest /= dims[axis]
    }
    return offset
  }
}
