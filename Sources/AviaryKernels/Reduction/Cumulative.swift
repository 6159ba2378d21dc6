import AviaryCore

package enum CumulativeKind: Sendable { case sum, product }

/// Running sums or products along an axis, element by element: each output holds what came before it, and
/// itself unless `isExclusive`; from the far end where `isReversed`. `x` and `y` are dense, of `compute`,
/// and may be the same.
package func cumulate(
  _ kind: CumulativeKind, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, compute: ComputeType,
  over geometry: AxisGeometry, isExclusive: Bool, isReversed: Bool
) {
  switch compute {
  case .float: cumulate(kind, x, y, geometry, isExclusive, isReversed, Float.self)
  case .double: cumulate(kind, x, y, geometry, isExclusive, isReversed, Double.self)
  case .int64: cumulate(kind, x, y, geometry, isExclusive, isReversed, Int64.self)
  case .uint64: cumulate(kind, x, y, geometry, isExclusive, isReversed, UInt64.self)
  }
}

@inline(__always)
private func cumulate<T: ComputeElement>(
  _ kind: CumulativeKind, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ geometry: AxisGeometry,
  _ isExclusive: Bool, _ isReversed: Bool, _ type: T.Type
) {
  guard !geometry.isEmpty else { return }
  let (length, inner) = (geometry.length, geometry.inner)
  for outer in 0..<geometry.outer {
    let source = x.assumingMemoryBound(to: T.self) + outer * length * inner
    let target = y.assumingMemoryBound(to: T.self) + outer * length * inner
    for column in 0..<inner {
      var running = kind == .sum ? T.zero : T.one
      for step in 0..<length {
        let index = (isReversed ? length - 1 - step : step) * inner + column
        let before = running
        running = kind == .sum ? running.plus(source[index]) : running.times(source[index])
        target[index] = isExclusive ? before : running
      }
    }
  }
}
