// The loops of reductions, inlined into each function's own code.

@inlinable @inline(__always)
package func fill<T>(_ sums: UnsafeMutableRawPointer, _ count: Int, _ value: T) {
  sums.assumingMemoryBound(to: T.self).update(repeating: value, count: count)
}

/// Folds a row with eight accumulators, which vectorises, over pieces that are short enough for the
/// rounding error of single precision sums to stay near that of pairwise summation.
@inlinable @inline(__always)
package func foldRow<T>(
  _ x: UnsafeRawPointer, _ count: Int, _ sum: UnsafeMutableRawPointer, _ identity: T,
  _ term: (T) -> T, _ join: (T, T) -> T
) {
  let source = x.assumingMemoryBound(to: T.self)
  let target = sum.assumingMemoryBound(to: T.self)
  var total = target[0]
  var start = 0
  while start < count {
    let end = min(count, start + 2048)
    var (a, b, c, d) = (identity, identity, identity, identity)
    var (e, f, g, h) = (identity, identity, identity, identity)
    var i = start
    while i + 8 <= end {
      a = join(a, term(source[i]))
      b = join(b, term(source[i + 1]))
      c = join(c, term(source[i + 2]))
      d = join(d, term(source[i + 3]))
      e = join(e, term(source[i + 4]))
      f = join(f, term(source[i + 5]))
      g = join(g, term(source[i + 6]))
      h = join(h, term(source[i + 7]))
      i += 8
    }
    while i < end {
      a = join(a, term(source[i]))
      i += 1
    }
    total = join(total, join(join(join(a, b), join(c, d)), join(join(e, f), join(g, h))))
    start = end
  }
  target[0] = total
}

@inlinable @inline(__always)
package func accumulateRow<T>(
  _ x: UnsafeRawPointer, _ count: Int, _ sums: UnsafeMutableRawPointer, _ type: T.Type,
  _ join: (T, T) -> T
) {
  let source = x.assumingMemoryBound(to: T.self)
  let target = sums.assumingMemoryBound(to: T.self)
  for i in 0..<count { target[i] = join(target[i], source[i]) }
}

@inlinable @inline(__always)
package func finishRow<T>(
  _ sums: UnsafeMutableRawPointer, _ count: Int, _ type: T.Type, _ result: (T) -> T
) {
  let target = sums.assumingMemoryBound(to: T.self)
  for i in 0..<count { target[i] = result(target[i]) }
}
