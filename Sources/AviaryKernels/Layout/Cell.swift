/// Sixteen bytes moved as one. Two words, because tensors of complex128 need only their parts aligned.
struct Cell16: BitwiseCopyable {
  var low: UInt64
  var high: UInt64
}

/// Whether kernels that move elements without looking at them take cells of this many bytes.
package func isCellWidth(_ width: Int) -> Bool { [1, 2, 4, 8, 16].contains(width) }

/// Calls `body` with the offsets, on both sides, of consecutive positions of a row-major walk over the first
/// `axes` of `dims` (all by default). Allocates nothing.
///
/// - Parameter range: positions within the walk; `dims` hold no 0.
@inline(__always)
func walk(
  _ dims: [Int], _ source: [Int], _ destination: [Int], axes: Int? = nil, _ range: Range<Int>,
  _ body: (Int, Int) -> Void
) {
  guard !range.isEmpty else { return }
  let axes = axes ?? dims.count
  withUnsafeTemporaryAllocation(of: Int.self, capacity: max(1, axes)) { index in
    var from = 0
    var to = 0
    var rest = range.lowerBound
    for axis in (0..<axes).reversed() {
      index[axis] = rest % dims[axis]
      rest /= dims[axis]
      from += index[axis] * source[axis]
      to += index[axis] * destination[axis]
    }
    for _ in range {
      body(from, to)
      var axis = axes - 1
      while axis >= 0 {
        index[axis] += 1
        from += source[axis]
        to += destination[axis]
        if index[axis] < dims[axis] { break }
        from -= source[axis] * dims[axis]
        to -= destination[axis] * dims[axis]
        index[axis] = 0
        axis -= 1
      }
    }
  }
}
