/// float8e8m0: a power of two, 2^(code - 127), as the scales of microscaling formats are stored (OCP
/// Microscaling 1.0); code 255 is NaN. There is neither a sign nor a zero.
package enum ScaleFloat {
  /// `round_mode` of `Cast` (ONNX opset 24).
  package enum Rounding: String, Sendable { case up, down, nearest }

  private static let largest: UInt8 = 0xFE
  private static let nan: UInt8 = 0xFF

  /// The power of two for a value; the sign is ignored (the specification leaves negative values open).
  ///
  /// - Parameter saturate: zero and what is too small become 2^-127, what is too large or infinite 2^127;
  ///   without it all of them are NaN.
  package static func encode(_ value: Float, saturate: Bool, rounding: Rounding) -> UInt8 {
    if value.isNaN { return nan }
    if value.isInfinite { return saturate ? largest : nan }
    let bits = value.bitPattern & 0x7FFF_FFFF
    var field = UInt8(truncatingIfNeeded: bits >> 23)
    let fraction = bits & 0x7F_FFFF
    if field == 0 {
      // Subnormal: 2^-127 is the fraction 0x400000 itself.
      if fraction < 0x40_0000 { return saturate ? 0 : nan }
      return rounds(fraction & 0x3F_FFFF, half: 0x20_0000, rounding) ? 1 : 0
    }
    if rounds(fraction, half: 0x40_0000, rounding) {
      if field == largest { return saturate ? largest : nan }
      field += 1
    }
    return field
  }

  private static func rounds(_ fraction: UInt32, half: UInt32, _ rounding: Rounding) -> Bool {
    switch rounding {
    case .up: fraction > 0
    case .down: false
    case .nearest: fraction >= half
    }
  }

  package static func decode(_ code: UInt8) -> Float {
    code == nan ? .nan : Float(sign: .plus, exponent: Int(code) - 127, significand: 1)
  }
}
