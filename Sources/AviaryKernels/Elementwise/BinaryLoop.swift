import AviaryCore

/// A function of two elements, as rows of a compute type. Conform to one of its refinements.
@usableFromInline
package protocol PairFunction: Sendable {
  /// Writes f(a, b) for `count` elements: all of `compute`, or Bool where the function is a comparison. A
  /// step of 0 means one value for the whole row. `y` may be the address of `a` or `b`.
  func row(
    _ compute: ComputeType, _ a: UnsafeRawPointer, _ aStep: Int, _ b: UnsafeRawPointer, _ bStep: Int,
    _ y: UnsafeMutableRawPointer, _ count: Int)
}

/// y = f(a, b) under broadcasting: both operands are converted to `compute`, the result to the type of `y`.
///
/// `y` may lie over an operand that has the output's number of elements and their width.
package func evaluateBinary(
  _ function: any PairFunction, _ a: ElementRow, _ b: ElementRow, _ y: MutableElementRow,
  over broadcast: Broadcast, compute: ComputeType, result: RowResult = .same, parallel: any Parallel
) {
  let own = compute.elementType
  let (aStep, bStep) = (broadcast.steps[0], broadcast.steps[1])
  let outputWidth = result == .bool ? 1 : compute.stride
  let direct = result == .bool ? y.type == .bool : y.type == own
  if a.type == own, b.type == own, direct {
    let width = compute.stride
    if let repetition = broadcast.repetition, compute == .float, result == .same {
      return evaluateRepeating(function, a.base, b.base, y.base, broadcast, repetition, parallel)
    }
    broadcast.forEachRow(parallel) { offsets, start, count in
      function.row(
        compute, a.base + offsets[0] * width, aStep, b.base + offsets[1] * width, bStep,
        y.base + start * outputWidth, count)
    }
    return
  }
  broadcast.forEachRow(parallel, longest: scratchRowLength, serially: y.type.isPacked) {
    offsets, start, count in
    withScratchRows(3) { scratch in
      let (aRow, bRow) = (scratch, scratch + scratchRowBytes)
      let yRow = bRow + scratchRowBytes
      loadRow(compute, a, offsets[0], aStep == 0 ? 1 : count, aRow)
      loadRow(compute, b, offsets[1], bStep == 0 ? 1 : count, bRow)
      function.row(compute, aRow, aStep, bRow, bStep, yRow, count)
      storeRow(result == .bool ? nil : compute, yRow, count, y, start)
    }
  }
}

/// The float case in which one operand is a short row: it is laid out several times in a row of its own, so
/// that the loop runs over long ones.
private func evaluateRepeating(
  _ function: any PairFunction, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ y: UnsafeMutableRawPointer,
  _ broadcast: Broadcast, _ repetition: Broadcast.Repetition, _ parallel: any Parallel
) {
  let (period, rowLength) = (repetition.period, repetition.rowLength)
  let repeats = repetition.operand == 0
  let tileLength = min(rowLength, max(1, Broadcast.Repetition.longestPeriod / period) * period)
  broadcast.forEachLongRow(parallel, repetition) { offsets, start, count in
    // Of a size that is always found on the stack.
    withUnsafeTemporaryAllocation(of: Float.self, capacity: Broadcast.Repetition.longestPeriod) { memory in
      guard let tile = memory.baseAddress.map({ UnsafeMutableRawPointer($0) }) else { return }
      let short = (repeats ? a : b) + offsets[repetition.operand] * 4
      let long = (repeats ? b : a) + offsets[1 - repetition.operand] * 4
      for first in stride(from: 0, to: min(tileLength, count), by: period) {
        (tile + first * 4).copyMemory(from: short, byteCount: period * 4)
      }
      for first in stride(from: 0, to: count, by: tileLength) {
        let length = min(tileLength, count - first)
        let target = y + (start + first) * 4
        if repeats {
          function.row(.float, tile, 1, long + first * 4, 1, target, length)
        } else {
          function.row(.float, long + first * 4, 1, tile, 1, target, length)
        }
      }
    }
  }
}

/// An arithmetic function of two numbers of any type.
@usableFromInline
package protocol NumberPairFunction: PairFunction {
  func apply<T: ComputeElement>(_ a: T, _ b: T) -> T
}

extension NumberPairFunction {
  @inlinable
  package func row(
    _ compute: ComputeType, _ a: UnsafeRawPointer, _ aStep: Int, _ b: UnsafeRawPointer, _ bStep: Int,
    _ y: UnsafeMutableRawPointer, _ count: Int
  ) {
    switch compute {
    case .float: loop(a, aStep, b, bStep, y, count, Float.self)
    case .double: loop(a, aStep, b, bStep, y, count, Double.self)
    case .int64: loop(a, aStep, b, bStep, y, count, Int64.self)
    case .uint64: loop(a, aStep, b, bStep, y, count, UInt64.self)
    }
  }

  @inlinable @inline(__always)
  package func loop<T: ComputeElement>(
    _ a: UnsafeRawPointer, _ aStep: Int, _ b: UnsafeRawPointer, _ bStep: Int,
    _ y: UnsafeMutableRawPointer, _ count: Int, _ type: T.Type
  ) {
    let (left, right) = (a.assumingMemoryBound(to: T.self), b.assumingMemoryBound(to: T.self))
    let target = y.assumingMemoryBound(to: T.self)
    // In place: through the target's pointer alone, or overlap keeps the compiler from vectorising.
    if a == UnsafeRawPointer(y), aStep == 1 {
      if bStep == 0 {
        let value = right[0]
        for i in 0..<count { target[i] = apply(target[i], value) }
      } else {
        for i in 0..<count { target[i] = apply(target[i], right[i]) }
      }
    } else if b == UnsafeRawPointer(y), bStep == 1 {
      if aStep == 0 {
        let value = left[0]
        for i in 0..<count { target[i] = apply(value, target[i]) }
      } else {
        for i in 0..<count { target[i] = apply(left[i], target[i]) }
      }
    } else {
      pairLoop(left, aStep, right, bStep, target, count) { apply($0, $1) }
    }
  }
}

/// A comparison of two numbers of any type.
@usableFromInline
package protocol ComparisonFunction: PairFunction {
  func holds<T: ComputeElement>(_ a: T, _ b: T) -> Bool
}

extension ComparisonFunction {
  @inlinable
  package func row(
    _ compute: ComputeType, _ a: UnsafeRawPointer, _ aStep: Int, _ b: UnsafeRawPointer, _ bStep: Int,
    _ y: UnsafeMutableRawPointer, _ count: Int
  ) {
    switch compute {
    case .float: loop(a, aStep, b, bStep, y, count, Float.self)
    case .double: loop(a, aStep, b, bStep, y, count, Double.self)
    case .int64: loop(a, aStep, b, bStep, y, count, Int64.self)
    case .uint64: loop(a, aStep, b, bStep, y, count, UInt64.self)
    }
  }

  @inlinable @inline(__always)
  package func loop<T: ComputeElement>(
    _ a: UnsafeRawPointer, _ aStep: Int, _ b: UnsafeRawPointer, _ bStep: Int,
    _ y: UnsafeMutableRawPointer, _ count: Int, _ type: T.Type
  ) {
    pairLoop(
      a.assumingMemoryBound(to: T.self), aStep, b.assumingMemoryBound(to: T.self), bStep,
      y.assumingMemoryBound(to: Bool.self), count
    ) { holds($0, $1) }
  }
}

/// A function of two integers of 64 bits, in which all integers and booleans fit. Signed types arrive
/// sign-extended, and the low bits of the result count.
@usableFromInline
package protocol IntegerPairFunction: PairFunction {
  func apply(_ a: Int64, _ b: Int64) -> Int64
  func apply(_ a: UInt64, _ b: UInt64) -> UInt64
}

extension IntegerPairFunction {
  /// Only the integer compute types occur: operators check the element type first.
  @inlinable
  package func row(
    _ compute: ComputeType, _ a: UnsafeRawPointer, _ aStep: Int, _ b: UnsafeRawPointer, _ bStep: Int,
    _ y: UnsafeMutableRawPointer, _ count: Int
  ) {
    if compute == .uint64 {
      pairLoop(
        a.assumingMemoryBound(to: UInt64.self), aStep, b.assumingMemoryBound(to: UInt64.self), bStep,
        y.assumingMemoryBound(to: UInt64.self), count
      ) { apply($0, $1) }
    } else {
      pairLoop(
        a.assumingMemoryBound(to: Int64.self), aStep, b.assumingMemoryBound(to: Int64.self), bStep,
        y.assumingMemoryBound(to: Int64.self), count
      ) { apply($0, $1) }
    }
  }
}

/// The loop itself, in the three forms that vectorise.
@inlinable @inline(__always)
package func pairLoop<T, R>(
  _ a: UnsafePointer<T>, _ aStep: Int, _ b: UnsafePointer<T>, _ bStep: Int,
  _ y: UnsafeMutablePointer<R>, _ count: Int, _ f: (T, T) -> R
) {
  if aStep == 0 {
    let left = a[0]
    if bStep == 0 {
      y.update(repeating: f(left, b[0]), count: count)
    } else {
      for i in 0..<count { y[i] = f(left, b[i]) }
    }
  } else if bStep == 0 {
    let right = b[0]
    for i in 0..<count { y[i] = f(a[i], right) }
  } else {
    for i in 0..<count { y[i] = f(a[i], b[i]) }
  }
}
