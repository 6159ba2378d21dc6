import TestSupport

/// The arithmetic of VDPBF16PS, one number at a time.
enum Bf16Reference {
  /// `sum + x * w`, rounded once to nearest even, with denormal inputs as 0 and denormal results flushed.
  static func fused(_ sum: Float, _ x: Float, _ w: Float) -> Float {
    let (sum, x, w) = (flushed(sum), flushed(x), flushed(w))
    let result = sum.addingProduct(x, w)
    guard result.magnitude <= .leastNormalMagnitude else { return result }
    // Whether the result is denormal is asked of a result with room for smaller exponents: both terms
    // times 2^64, which is exact, because what sums up to so little is little itself.
    let scaled = (sum * 0x1p64).addingProduct(x * 0x1p64, w)
    return scaled.magnitude < 0x1p-62 ? Float(sign: result.sign, exponent: 0, significand: 0) : result
  }

  /// A word's two products: upper halves first.
  static func dot(_ sum: Float, _ x: UInt32, _ w: UInt32) -> Float {
    fused(fused(sum, upper(x), upper(w)), lower(x), lower(w))
  }

  static func upper(_ word: UInt32) -> Float { Float(bitPattern: word & 0xffff_0000) }
  static func lower(_ word: UInt32) -> Float { Float(bitPattern: word << 16) }

  static func flushed(_ x: Float) -> Float {
    x.isSubnormal ? Float(sign: x.sign, exponent: 0, significand: 0) : x
  }

  /// To the nearest bfloat16, ties to even, by looking at both neighbours.
  static func rounded(_ x: Float) -> Float {
    if x.isNaN || x.isInfinite { return x.isNaN ? .nan : x }
    let low = Float(bitPattern: x.bitPattern & 0xffff_0000)
    // Beyond the largest number the next one counts as 2^128.
    let bits = low.bitPattern &+ 0x1_0000
    let high = Float(bitPattern: bits)
    let (below, value) = (Double(low.magnitude), Double(x.magnitude))
    let above = high.isInfinite ? 0x1p128 : Double(high.magnitude)
    if value - below == above - value { return low.bitPattern & 0x1_0000 == 0 ? low : high }
    return value - below < above - value ? low : high
  }

  /// Bits of a bfloat16 of any kind: mostly near 1, but also of any exponent, tiny, denormal, 0, infinite.
  static func anyHalf(_ generator: inout SeededGenerator, special: Bool) -> UInt32 {
    let bits = UInt32.random(in: 0...0xffff, using: &generator)
    switch Int.random(in: 0..<(special ? 8 : 4), using: &generator) {
    case 0...2: return bits & 0x807f | UInt32.random(in: 120...130, using: &generator) << 7
    case 3: return bits & 0x807f | UInt32.random(in: 60...68, using: &generator) << 7
    case 4: return bits & 0x807f
    case 5: return bits & 0x807f | UInt32.random(in: 0...3, using: &generator) << 7
    case 6: return bits & 0x8000 | ([0, 0x7f80, 0x7fc0, 0x3f80].randomElement(using: &generator) ?? 0)
    default: return bits
    }
  }

  static func same(_ a: Float, _ b: Float) -> Bool { a.bitPattern == b.bitPattern || a.isNaN && b.isNaN }
}
