import AviaryCore

/// y = a^b, computed in the compute type of `a`: real numbers, or integers by repeated squaring (wrapping;
/// a negative exponent truncates the fraction, so only 1 and -1 survive it).
package struct Power: PairFunction {
  package init() {}

  package func row(
    _ compute: ComputeType, _ a: UnsafeRawPointer, _ aStep: Int, _ b: UnsafeRawPointer, _ bStep: Int,
    _ y: UnsafeMutableRawPointer, _ count: Int
  ) {
    switch compute {
    case .float: reals(a, aStep, b, bStep, y, count, Float.self)
    case .double: reals(a, aStep, b, bStep, y, count, Double.self)
    case .int64, .uint64:
      pairLoop(
        a.assumingMemoryBound(to: Int64.self), aStep, b.assumingMemoryBound(to: Int64.self), bStep,
        y.assumingMemoryBound(to: Int64.self), count, integerPower)
    }
  }

  @inline(__always)
  private func reals<T: RealElement>(
    _ a: UnsafeRawPointer, _ aStep: Int, _ b: UnsafeRawPointer, _ bStep: Int,
    _ y: UnsafeMutableRawPointer, _ count: Int, _ type: T.Type
  ) {
    let base = a.assumingMemoryBound(to: T.self)
    let exponent = b.assumingMemoryBound(to: T.self)
    let target = y.assumingMemoryBound(to: T.self)
    // Squares and cubes of a whole row (LayerNormalization, GELU) are worth their own loops.
    if bStep == 0, aStep == 1, exponent[0] == 2 {
      for i in 0..<count { target[i] = base[i] * base[i] }
    } else if bStep == 0, aStep == 1, exponent[0] == 3 {
      for i in 0..<count { target[i] = base[i] * base[i] * base[i] }
    } else {
      pairLoop(base, aStep, exponent, bStep, target, count) { T.pow($0, $1) }
    }
  }
}

private func integerPower(_ base: Int64, _ exponent: Int64) -> Int64 {
  if exponent < 0 {
    if base == 1 { return 1 }
    return base == -1 ? (exponent & 1 == 0 ? 1 : -1) : 0
  }
  var (result, square, rest) = (Int64(1), base, exponent)
  while rest > 0 {
    if rest & 1 == 1 { result &*= square }
    square &*= square
    rest >>= 1
  }
  return result
}
