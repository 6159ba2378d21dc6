import AviaryCore

/// An 8-bit, 6-bit or 4-bit floating-point format of the ONNX `Cast` operator: float8e4m3fn, float8e4m3fnuz,
/// float8e5m2, float8e5m2fnuz (arXiv:2209.05433, arXiv:2206.02915), float6e2m3, float6e3m2 and float4e2m1 (OCP
/// Microscaling 1.0).
///
/// A code is sign, exponent and fraction bits from high to low; `float8e8m0` is `ScaleFloat`.
package struct SmallFloat: Sendable {
  /// Fraction bits.
  let fraction: Int
  let bias: Int
  /// Position of the sign bit.
  let signBit: Int
  /// The code of the largest finite value.
  let largest: UInt8
  /// The code of positive infinity, where the format has one.
  let infinity: UInt8?
  /// The code of NaN, where the format has one.
  let nan: UInt8?
  /// `fnuz` formats: one zero, and the code of minus zero is the only NaN.
  let hasOneZero: Bool

  package static let e4m3fn = SmallFloat(
    fraction: 3, bias: 7, signBit: 7, largest: 0x7E, infinity: nil, nan: 0x7F, hasOneZero: false)
  package static let e4m3fnuz = SmallFloat(
    fraction: 3, bias: 8, signBit: 7, largest: 0x7F, infinity: nil, nan: 0x80, hasOneZero: true)
  package static let e5m2 = SmallFloat(
    fraction: 2, bias: 15, signBit: 7, largest: 0x7B, infinity: 0x7C, nan: 0x7E, hasOneZero: false)
  package static let e5m2fnuz = SmallFloat(
    fraction: 2, bias: 16, signBit: 7, largest: 0x7F, infinity: nil, nan: 0x80, hasOneZero: true)
  package static let e2m1 = SmallFloat(
    fraction: 1, bias: 1, signBit: 3, largest: 0x7, infinity: nil, nan: nil, hasOneZero: false)

  package static let e2m3 = SmallFloat(
    fraction: 3, bias: 1, signBit: 5, largest: 0x1F, infinity: nil, nan: nil, hasOneZero: false)
  package static let e3m2 = SmallFloat(
    fraction: 2, bias: 3, signBit: 5, largest: 0x1F, infinity: nil, nan: nil, hasOneZero: false)

  /// The format of an element type; `nil` for every other type.
  package init?(_ type: ElementType) {
    switch type {
    case .float8e4m3fn: self = .e4m3fn
    case .float8e4m3fnuz: self = .e4m3fnuz
    case .float8e5m2: self = .e5m2
    case .float8e5m2fnuz: self = .e5m2fnuz
    case .float4e2m1: self = .e2m1
    case .float6e2m3: self = .e2m3
    case .float6e3m2: self = .e3m2
    default: return nil
    }
  }

  private init(
    fraction: Int, bias: Int, signBit: Int, largest: UInt8, infinity: UInt8?, nan: UInt8?, hasOneZero: Bool
  ) {
    self.fraction = fraction
    self.bias = bias
    self.signBit = signBit
    self.largest = largest
    self.infinity = infinity
    self.nan = nan
    self.hasOneZero = hasOneZero
  }

  /// Rounds to nearest, ties to even.
  ///
  /// - Parameter saturate: what lies beyond the largest finite value becomes that value; without it the
  ///   format's infinity, or NaN where it has none (formats with neither always saturate).
  package func encode(_ value: Float, saturate: Bool = true) -> UInt8 {
    let sign: UInt8 = value.sign == .minus ? 1 << UInt8(signBit) : 0
    if value.isNaN {
      guard let nan else { return 1 << UInt8(signBit) }
      return hasOneZero ? nan : nan | sign
    }
    let magnitude = value.magnitude
    if magnitude == 0 { return hasOneZero ? 0 : sign }
    guard magnitude.isFinite else { return overflow(sign: sign, saturate: saturate) }

    let exponent = max(Int(magnitude.exponent), 1 - bias)
    // Exact: a power of two times a Float that stays in the normal range, because exponents are small.
    let scaled = Double(magnitude) * Double(sign: .plus, exponent: fraction - exponent, significand: 1)
    let steps = scaled.rounded(.toNearestOrEven)
    // Hidden bit and carry add into the exponent field by themselves; beyond 2^20 only overflow matters.
    let code = Double((exponent + bias - 1) << fraction) + steps
    if code > Double(largest) { return overflow(sign: sign, saturate: saturate) }
    if code == 0 { return hasOneZero ? 0 : sign }
    return UInt8(code) | sign
  }

  private func overflow(sign: UInt8, saturate: Bool) -> UInt8 {
    guard !saturate, let nan else { return largest | sign }
    if let infinity { return infinity | sign }
    return hasOneZero ? nan : nan | sign
  }

  /// The value of a code; bits above the sign are ignored.
  package func decode(_ code: UInt8) -> Float {
    let magnitude = code & (1 << UInt8(signBit) - 1)
    let isNegative = code >> UInt8(signBit) & 1 == 1
    if hasOneZero, isNegative, magnitude == 0 { return .nan }
    if magnitude > largest {
      if magnitude == infinity { return isNegative ? -.infinity : .infinity }
      return .nan
    }
    let field = Int(magnitude) >> fraction
    let steps = Int(magnitude) & (1 << fraction - 1)
    let value =
      field == 0
      ? Float(sign: .plus, exponent: 1 - bias - fraction, significand: Float(steps))
      : Float(sign: .plus, exponent: field - bias - fraction, significand: Float(steps + 1 << fraction))
    return isNegative ? -value : value
  }
}
