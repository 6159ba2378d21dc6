// The C mathematics library is all that the metrics need from outside the standard library.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The few special functions behind the metrics, under one roof so that the C library is imported once.
enum Numerics {
  static func naturalLog(_ x: Double) -> Double { log(x) }
  static func exponential(_ x: Double) -> Double { exp(x) }

  /// The probability that a chi-squared variable with one degree of freedom exceeds `x`.
  static func chiSquaredTail(_ x: Double) -> Double { erfc((x / 2).squareRoot()) }

  /// log(n choose k).
  static func logBinomial(_ n: Int, _ k: Int) -> Double {
    lgamma(Double(n) + 1).0 - lgamma(Double(k) + 1).0 - lgamma(Double(n - k) + 1).0
  }

  /// The `z` that a standard normal variable exceeds with probability `tail`, for `tail` in (0, 0.5].
  ///
  /// Newton's method from zero: the distribution function is concave to the right of zero, so every step
  /// stops short of the root and the iteration rises to it without overshooting.
  static func normalQuantile(tail: Double) -> Double {
    var z = 0.0
    for _ in 0..<200 {
      let excess = erfc(z / 2.0.squareRoot()) / 2 - tail
      let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
      let next = z + excess / density
      guard next > z else { break }
      z = next
    }
    return z
  }

  /// `value` with a fixed number of decimals, rounded as C and Python round; "nan" and "inf" as they print
  /// them.
  static func fixed(_ value: Double, digits: Int) -> String {
    guard !value.isNaN else { return "nan" }
    let digits = min(max(digits, 0), 100)
    // The largest double has 309 digits before the point.
    var buffer = [CChar](repeating: 0, count: 320 + digits)
    let capacity = buffer.count
    let written = withVaList([Int32(digits), value]) { vsnprintf(&buffer, capacity, "%.*f", $0) }
    return String(decoding: buffer.prefix(max(0, Int(written))).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
