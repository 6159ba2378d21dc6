import AviaryCore

/// A function of one element, as rows of a compute type. Conform to one of its refinements.
@usableFromInline
package protocol RowFunction: Sendable {
  /// Writes f(x) for `count` elements, all of `compute` or, where the function is a predicate, Bool results.
  /// `x` and `y` may be the same address.
  func row(_ compute: ComputeType, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ count: Int)
}

/// What a row function writes.
package enum RowResult: Sendable {
  /// Elements of the compute type.
  case same
  /// One `Bool` per element.
  case bool
}

/// y = f(x), element by element: `x` is converted to `compute`, the result to the type of `y`.
///
/// `y` may lie over `x` where both elements have the same width.
package func evaluateUnary(
  _ function: any RowFunction, _ x: ElementRow, _ y: MutableElementRow, count: Int,
  compute: ComputeType, result: RowResult = .same, parallel: any Parallel
) {
  guard count > 0 else { return }
  let own = compute.elementType
  let direct = x.type == own && (result == .bool ? y.type == .bool : y.type == own)
  // Elements that share a byte must be written by one thread.
  let walker: any Parallel = y.type.isPacked || count <= unaryGrain ? Serial() : parallel
  if direct {
    let width = result == .bool ? 1 : compute.stride
    walker.forEach(count, grain: unaryGrain) { range in
      function.row(
        compute, x.base + range.lowerBound * compute.stride, y.base + range.lowerBound * width, range.count)
    }
    return
  }
  walker.forEach(count, grain: unaryGrain) { range in
    withScratchRows(2) { scratch in
      var start = range.lowerBound
      while start < range.upperBound {
        let length = min(scratchRowLength, range.upperBound - start)
        loadRow(compute, x, start, length, scratch)
        function.row(compute, scratch, scratch + scratchRowBytes, length)
        storeRow(result == .bool ? nil : compute, scratch + scratchRowBytes, length, y, start)
        start += length
      }
    }
  }
}

/// Elements below which another thread costs more than it saves.
private let unaryGrain = 8192

/// A function of one real number: a formula for both floating-point compute types, and optionally a
/// vectorised row for `Float`.
@usableFromInline
package protocol RealFunction: RowFunction {
  func apply<T: RealElement>(_ x: T) -> T
  /// Overridden where CSIMD has a vector form. `y` may be `x`.
  func floats(_ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ count: Int)
}

extension RealFunction {
  @inlinable
  package func floats(_ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ count: Int) {
    elementLoop(x, y, count) { apply($0) }
  }

  /// Only the floating-point compute types occur: operators check the element type first.
  @inlinable
  package func row(
    _ compute: ComputeType, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ count: Int
  ) {
    if compute == .double {
      elementLoop(x.assumingMemoryBound(to: Double.self), y.assumingMemoryBound(to: Double.self), count) {
        apply($0)
      }
    } else {
      floats(y.assumingMemoryBound(to: Float.self), x.assumingMemoryBound(to: Float.self), count)
    }
  }
}

/// A function of one number of any type.
@usableFromInline
package protocol NumberFunction: RowFunction {
  func apply<T: ComputeElement>(_ x: T) -> T
}

extension NumberFunction {
  @inlinable
  package func row(
    _ compute: ComputeType, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ count: Int
  ) {
    switch compute {
    case .float: loop(x, y, count, Float.self)
    case .double: loop(x, y, count, Double.self)
    case .int64: loop(x, y, count, Int64.self)
    case .uint64: loop(x, y, count, UInt64.self)
    }
  }

  @inlinable @inline(__always)
  package func loop<T: ComputeElement>(
    _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ count: Int, _ type: T.Type
  ) {
    elementLoop(x.assumingMemoryBound(to: T.self), y.assumingMemoryBound(to: T.self), count) { apply($0) }
  }
}

/// The loop itself. Two pointers that may overlap keep the compiler from vectorising, so writing in place
/// has a loop of its own.
@inlinable @inline(__always)
package func elementLoop<T>(
  _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, _ count: Int, _ f: (T) -> T
) {
  if x == UnsafePointer(y) {
    for i in 0..<count { y[i] = f(y[i]) }
  } else {
    for i in 0..<count { y[i] = f(x[i]) }
  }
}

/// A property of one number of any type.
@usableFromInline
package protocol PredicateFunction: RowFunction {
  func holds<T: ComputeElement>(_ x: T) -> Bool
}

extension PredicateFunction {
  @inlinable
  package func row(
    _ compute: ComputeType, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ count: Int
  ) {
    switch compute {
    case .float: loop(x, y, count, Float.self)
    case .double: loop(x, y, count, Double.self)
    case .int64: loop(x, y, count, Int64.self)
    case .uint64: loop(x, y, count, UInt64.self)
    }
  }

  @inlinable @inline(__always)
  package func loop<T: ComputeElement>(
    _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ count: Int, _ type: T.Type
  ) {
    let source = x.assumingMemoryBound(to: T.self)
    let target = y.assumingMemoryBound(to: Bool.self)
    for i in 0..<count { target[i] = holds(source[i]) }
  }
}
