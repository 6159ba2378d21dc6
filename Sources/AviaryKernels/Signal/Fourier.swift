import Foundation

/// A complex number of a Fourier transform.
struct FourierNumber<T: RealElement>: Sendable {
  var re: T
  var im: T

  init(_ re: T = 0, _ im: T = 0) {
    self.re = re
    self.im = im
  }

  static func + (a: Self, b: Self) -> Self { Self(a.re + b.re, a.im + b.im) }
  static func - (a: Self, b: Self) -> Self { Self(a.re - b.re, a.im - b.im) }
  /// a w, or a times the conjugate of w: the two directions share one table.
  @inline(__always) func times(_ w: Self, _ isInverse: Bool) -> Self {
    isInverse
      ? Self(re * w.re - im * w.im, re * w.im + im * w.re) : Self(re * w.re + im * w.im, im * w.re - re * w.im)
  }
  /// A quarter turn, against the clock.
  @inline(__always) var turned: Self { Self(-im, re) }
  @inline(__always) func times(_ factor: T) -> Self { Self(re * factor, im * factor) }
  var conjugate: Self { Self(re, -im) }
}

/// The discrete Fourier transform of one length.
///
/// Lengths are split into factors and passed through one after the other between two rows (Stockham's form of
/// Cooley and Tukey, decimation in frequency), in the order and precision in which numpy's pocketfft does it, so that
/// even the rounding of single precision agrees for the factors 2, 3, 4 and 5. A length with a large prime factor
/// becomes a convolution of a power of two (Bluestein, 1970), in double precision: no length costs more than
/// n log n.
struct Fourier<T: RealElement>: Sendable {
  typealias Number = FourierNumber<T>

  let length: Int
  private let passes: [Pass]
  private let chirp: Chirp?

  private struct Pass: Sendable {
    let factor: Int
    /// Transforms of the factor that lie side by side, and how often that is so.
    let before: Int
    let after: Int
    /// exp(2 pi i m j before / length), 1 <= m < factor, 0 <= j < after.
    let twiddles: [Number]
    /// exp(2 pi i m / factor), for factors without a butterfly of their own.
    let roots: [Number]
  }

  /// A prime factor above this is too dear for the plain sum.
  private static var largestFactor: Int { 61 }

  /// - Parameter length: at least 1.
  init(length: Int) {
    self.length = max(1, length)
    let factors = Self.factors(of: self.length)
    guard (factors.max() ?? 1) <= Self.largestFactor else {
      passes = []
      chirp = Chirp(length: self.length)
      return
    }
    chirp = nil
    var before = 1
    var passes: [Pass] = []
    for factor in factors {
      let after = self.length / (before * factor)
      var twiddles: [Number] = []
      for m in 1..<factor { for j in 0..<after { twiddles.append(Self.turn(m * j * before, of: self.length)) } }
      let roots = factor > 5 ? (0..<factor).map { Self.turn($0, of: factor) } : []
      passes.append(Pass(factor: factor, before: before, after: after, twiddles: twiddles, roots: roots))
      before *= factor
    }
    self.passes = passes
  }

  private static func factors(of length: Int) -> [Int] {
    var (factors, rest): ([Int], Int) = ([], length)
    while rest % 4 == 0 { (factors, rest) = (factors + [4], rest / 4) }
    if rest % 2 == 0 {
      // A single 2 comes first.
      factors.append(2)
      rest /= 2
      factors.swapAt(0, factors.count - 1)
    }
    var odd = 3
    while odd * odd <= rest {
      while rest % odd == 0 { (factors, rest) = (factors + [odd], rest / odd) }
      odd += 2
    }
    return rest > 1 ? factors + [rest] : factors
  }

  /// exp(2 pi i k / n), exact at quarters.
  static func turn(_ k: Int, of n: Int) -> Number {
    let half = 2 * Double(k % n) / Double(n)
    let (cosine, sine): (Double, Double) =
      switch half {
      case 0.5: (0, 1)
      case 1: (-1, 0)
      case 1.5: (0, -1)
      default: (cos(.pi * half), sin(.pi * half))
      }
    return Number(T.of(cosine), T.of(sine))
  }

  /// `values[k] = sum over n of values[n] exp(-2 pi i k n / length)`; the inverse has the other sign and
  /// divides by the length.
  func transform(_ values: inout [Number], isInverse: Bool = false) {
    guard values.count == length, length > 1 else { return }
    if let chirp { return chirp.transform(&values, isInverse: isInverse) }
    var other = values
    var sums = [Number](repeating: Number(), count: 2 * Self.largestFactor)
    for pass in passes {
      values.withUnsafeBufferPointer { from in
        other.withUnsafeMutableBufferPointer { to in
          sums.withUnsafeMutableBufferPointer { sums in
            guard let from = from.baseAddress, let to = to.baseAddress, let sums = sums.baseAddress else { return }
            run(pass, from, to, sums, isInverse)
          }
        }
      }
      swap(&values, &other)
    }
    guard isInverse else { return }
    let scale = T.of(1 / Double(length))
    for i in values.indices { values[i] = values[i].times(scale) }
  }

  private func run(
    _ pass: Pass, _ from: UnsafePointer<Number>, _ to: UnsafeMutablePointer<Number>,
    _ sums: UnsafeMutablePointer<Number>, _ isInverse: Bool
  ) {
    let (factor, after) = (pass.factor, pass.after)
    let inputs = sums + Self.largestFactor
    pass.twiddles.withUnsafeBufferPointer { twiddles in
      for k in 0..<pass.before {
        for j in 0..<after {
          for m in 0..<factor { inputs[m] = from[j + after * (m + factor * k)] }
          switch factor {
          case 2: (sums[0], sums[1]) = (inputs[0] + inputs[1], inputs[0] - inputs[1])
          case 3: three(inputs, sums, isInverse)
          case 4: four(inputs, sums, isInverse)
          case 5: five(inputs, sums, isInverse)
          default: many(inputs, sums, pass.roots, isInverse)
          }
          to[j + after * k] = sums[0]
          for m in 1..<factor {
            let result = j == 0 ? sums[m] : sums[m].times(twiddles[(m - 1) * after + j], isInverse)
            to[j + after * (k + pass.before * m)] = result
          }
        }
      }
    }
  }

  private func three(_ x: UnsafePointer<Number>, _ y: UnsafeMutablePointer<Number>, _ isInverse: Bool) {
    let (cosine, sine) = (T.of(-0.5), T.of((isInverse ? 1 : -1) * 0.75.squareRoot()))
    let (sum, difference) = (x[1] + x[2], x[1] - x[2])
    let across = difference.times(sine).turned
    let middle = x[0] + sum.times(cosine)
    y[0] = x[0] + sum
    (y[1], y[2]) = (middle + across, middle - across)
  }

  private func four(_ x: UnsafePointer<Number>, _ y: UnsafeMutablePointer<Number>, _ isInverse: Bool) {
    let (even, other) = (x[0] + x[2], x[0] - x[2])
    let (odd, rest) = (x[1] + x[3], x[1] - x[3])
    let across = isInverse ? rest.turned : Number(rest.im, -rest.re)
    (y[0], y[2]) = (even + odd, even - odd)
    (y[1], y[3]) = (other + across, other - across)
  }

  private func five(_ x: UnsafePointer<Number>, _ y: UnsafeMutablePointer<Number>, _ isInverse: Bool) {
    let sign: Double = isInverse ? 1 : -1
    let (c1, s1) = (T.of(cos(0.4 * .pi)), T.of(sign * sin(0.4 * .pi)))
    let (c2, s2) = (T.of(cos(0.8 * .pi)), T.of(sign * sin(0.8 * .pi)))
    let (outer, outerDifference) = (x[1] + x[4], x[1] - x[4])
    let (inner, innerDifference) = (x[2] + x[3], x[2] - x[3])
    y[0] = x[0] + outer + inner
    let first = x[0] + outer.times(c1) + inner.times(c2)
    let second = x[0] + outer.times(c2) + inner.times(c1)
    let across = (outerDifference.times(s1) + innerDifference.times(s2)).turned
    let other = (outerDifference.times(s2) - innerDifference.times(s1)).turned
    (y[1], y[4]) = (first + across, first - across)
    (y[2], y[3]) = (second + other, second - other)
  }

  private func many(
    _ x: UnsafePointer<Number>, _ y: UnsafeMutablePointer<Number>, _ roots: [Number], _ isInverse: Bool
  ) {
    let factor = roots.count
    for m in 0..<factor {
      var sum = x[0]
      for j in 1..<factor { sum = sum + x[j].times(roots[m * j % factor], isInverse) }
      y[m] = sum
    }
  }
}

/// Bluestein's algorithm: k n = (k^2 + n^2 - (k - n)^2) / 2 makes a transform a convolution with a chirp.
private final class Chirp: Sendable {
  let length: Int
  /// exp(-pi i n^2 / length).
  private let factors: [FourierNumber<Double>]
  /// The transform of the conjugate chirp, of a power of two.
  private let spectrum: [FourierNumber<Double>]
  private let inner: Fourier<Double>

  init(length: Int) {
    self.length = length
    var size = 1
    while size < 2 * length - 1 { size *= 2 }
    // n^2 modulo 2 length, so that the angle stays exact.
    var square = 0
    var factors: [FourierNumber<Double>] = []
    for n in 0..<length {
      factors.append(Fourier<Double>.turn(square, of: 2 * length).conjugate)
      square = (square + 2 * n + 1) % (2 * length)
    }
    self.factors = factors
    inner = Fourier<Double>(length: size)
    var chirp = [FourierNumber<Double>](repeating: FourierNumber(), count: size)
    for n in 0..<length {
      chirp[n] = factors[n].conjugate
      if n > 0 { chirp[size - n] = factors[n].conjugate }
    }
    inner.transform(&chirp)
    spectrum = chirp
  }

  func transform<T: RealElement>(_ values: inout [FourierNumber<T>], isInverse: Bool) {
    var work = [FourierNumber<Double>](repeating: FourierNumber(), count: spectrum.count)
    for n in 0..<length {
      let value = FourierNumber<Double>(values[n].re.asDouble, (isInverse ? -1 : 1) * values[n].im.asDouble)
      work[n] = value.times(factors[n], true)
    }
    inner.transform(&work)
    for i in work.indices { work[i] = work[i].times(spectrum[i], true) }
    inner.transform(&work, isInverse: true)
    let scale = isInverse ? 1 / Double(length) : 1
    for k in 0..<length {
      let value = work[k].times(factors[k], true).times(scale)
      values[k] = FourierNumber(T.of(value.re), T.of(isInverse ? -value.im : value.im))
    }
  }
}
