/// Sums whose rounding errors stay small: 8 partial sums run side by side, in blocks.
enum Moments {
  /// The sum of `term(x)`.
  @inline(__always)
  static func sum<T: RealElement>(_ x: UnsafeBufferPointer<T>, _ term: (T) -> T) -> T {
    guard let base = x.baseAddress else { return 0 }
    var total: T = 0
    var start = 0
    // Blocks keep each partial sum short: the error grows with the length of a chain of additions.
    while start < x.count {
      let end = min(x.count, start + 4096)
      var p0: T = 0, p1: T = 0, p2: T = 0, p3: T = 0, p4: T = 0, p5: T = 0, p6: T = 0, p7: T = 0
      var i = start
      while i + 8 <= end {
        p0 += term(base[i])
        p1 += term(base[i + 1])
        p2 += term(base[i + 2])
        p3 += term(base[i + 3])
        p4 += term(base[i + 4])
        p5 += term(base[i + 5])
        p6 += term(base[i + 6])
        p7 += term(base[i + 7])
        i += 8
      }
      while i < end {
        p0 += term(base[i])
        i += 1
      }
      total += ((p0 + p1) + (p2 + p3)) + ((p4 + p5) + (p6 + p7))
      start = end
    }
    return total
  }

  /// The mean and the mean squared distance from it (population variance), in two passes.
  @inline(__always)
  static func meanAndVariance<T: RealElement>(_ x: UnsafeBufferPointer<T>) -> (mean: T, variance: T) {
    guard !x.isEmpty else { return (0, 0) }
    let mean = sum(x) { $0 } / T(x.count)
    let variance = sum(x) { ($0 - mean) * ($0 - mean) } / T(x.count)
    return (mean, variance)
  }
}
