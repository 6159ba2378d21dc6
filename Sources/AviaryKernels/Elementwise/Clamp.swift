import AviaryCore

/// y = min(max(x, low), high): everything becomes `high` where the bounds are crossed, NaN stays NaN.
package enum Clamp: RowFunction {
  case float(Float, Float)
  case double(Double, Double)
  case int64(Int64, Int64)
  case uint64(UInt64, UInt64)

  /// - Parameters:
  ///   - low: One element; none where there is no lower bound.
  ///   - high: One element; none where there is no upper bound.
  package init(_ compute: ComputeType, low: ElementRow?, high: ElementRow?) {
    func bound<T: ComputeElement>(_ row: ElementRow?, _ missing: T) -> T {
      var value = missing
      if let row { T.load(row, 0, 1, into: &value) }
      return value
    }
    switch compute {
    case .float: self = .float(bound(low, .least), bound(high, .greatest))
    case .double: self = .double(bound(low, .least), bound(high, .greatest))
    case .int64: self = .int64(bound(low, .least), bound(high, .greatest))
    case .uint64: self = .uint64(bound(low, .least), bound(high, .greatest))
    }
  }

  package func row(
    _ compute: ComputeType, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ count: Int
  ) {
    switch self {
    case .float(let low, let high): clamp(x, y, count, low, high)
    case .double(let low, let high): clamp(x, y, count, low, high)
    case .int64(let low, let high): clamp(x, y, count, low, high)
    case .uint64(let low, let high): clamp(x, y, count, low, high)
    }
  }

  @inline(__always)
  private func clamp<T: ComputeElement>(
    _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ count: Int, _ low: T, _ high: T
  ) {
    elementLoop(x.assumingMemoryBound(to: T.self), y.assumingMemoryBound(to: T.self), count) { value in
      let raised = value < low ? low : value
      return raised > high ? high : raised
    }
  }
}
