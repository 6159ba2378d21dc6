import AviaryCore

/// Where the largest (or least) element lies along an axis, counted from 0: the first of equals, or the
/// last where `selectsLast`. The first NaN wins over every number, as in NumPy.
///
/// `x` is dense and of `compute`; `y` holds `outer * inner` indices.
package func argExtremum(
  ofLargest: Bool, _ x: UnsafeRawPointer, _ y: UnsafeMutablePointer<Int64>, compute: ComputeType,
  over geometry: AxisGeometry, selectsLast: Bool, parallel: any Parallel
) {
  switch compute {
  case .float: argExtremum(ofLargest, x, y, geometry, selectsLast, parallel, Float.self)
  case .double: argExtremum(ofLargest, x, y, geometry, selectsLast, parallel, Double.self)
  case .int64: argExtremum(ofLargest, x, y, geometry, selectsLast, parallel, Int64.self)
  case .uint64: argExtremum(ofLargest, x, y, geometry, selectsLast, parallel, UInt64.self)
  }
}

@inline(__always)
private func argExtremum<T: ComputeElement>(
  _ ofLargest: Bool, _ x: UnsafeRawPointer, _ y: UnsafeMutablePointer<Int64>, _ geometry: AxisGeometry,
  _ selectsLast: Bool, _ parallel: any Parallel, _ type: T.Type
) {
  guard !geometry.isEmpty else { return }
  let (length, inner) = (geometry.length, geometry.inner)
  parallel.forEach(geometry.outer, grain: max(1, 16384 / (length * inner))) { range in
    for outer in range {
      let source = x.assumingMemoryBound(to: T.self) + outer * length * inner
      for column in 0..<inner {
        var (best, position) = (source[column], 0)
        for step in stride(from: 1, to: length, by: 1) {
          let value = source[step * inner + column]
          if best.isNotANumber {
            if selectsLast && value.isNotANumber { position = step }
          } else if value.isNotANumber || (ofLargest ? value > best : value < best)
            || (selectsLast && value == best)
          {
            (best, position) = (value, step)
          }
        }
        y[outer * inner + column] = Int64(position)
      }
    }
  }
}
