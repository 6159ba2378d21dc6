import AviaryCore

/// y = condition ? a : b under broadcasting, for elements of `width` bytes (1, 2, 4, 8 or 16), whose bytes
/// are copied as they are.
///
/// `broadcast` is over condition, a and b in this order. `y` may lie over an operand that has the output's
/// number of elements and width.
package func select(
  _ condition: UnsafeRawPointer, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer,
  _ y: UnsafeMutableRawPointer, width: Int, over broadcast: Broadcast, parallel: any Parallel
) {
  let flags = condition.assumingMemoryBound(to: UInt8.self)
  switch width {
  case 1: selectElements(flags, a, b, y, broadcast, parallel, UInt8.self)
  case 2: selectElements(flags, a, b, y, broadcast, parallel, UInt16.self)
  case 4: selectElements(flags, a, b, y, broadcast, parallel, UInt32.self)
  case 8: selectElements(flags, a, b, y, broadcast, parallel, UInt64.self)
  default: selectElements(flags, a, b, y, broadcast, parallel, (UInt64, UInt64).self)
  }
}

@inline(__always)
private func selectElements<T>(
  _ flags: UnsafePointer<UInt8>, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer,
  _ y: UnsafeMutableRawPointer, _ broadcast: Broadcast, _ parallel: any Parallel, _ type: T.Type
) {
  let ifTrue = a.assumingMemoryBound(to: T.self)
  let ifFalse = b.assumingMemoryBound(to: T.self)
  let target = y.assumingMemoryBound(to: T.self)
  let (flagStep, trueStep, falseStep) = (broadcast.steps[0], broadcast.steps[1], broadcast.steps[2])
  broadcast.forEachRow(parallel) { offsets, start, count in
    let (flag, left, right) = (flags + offsets[0], ifTrue + offsets[1], ifFalse + offsets[2])
    let result = target + start
    for i in 0..<count {
      result[i] = flag[i * flagStep] != 0 ? left[i * trueStep] : right[i * falseStep]
    }
  }
}
