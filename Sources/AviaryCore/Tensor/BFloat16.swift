/// A bfloat16 value: the upper 16 bits of an IEEE 754 binary32.
///
/// Arithmetic is done in `Float`; rounding back is to nearest, ties to even, as the ONNX `Cast`
/// operator demands.
public struct BFloat16: Sendable, BitwiseCopyable, Hashable {
  /// Sign, 8 exponent bits, 7 fraction bits.
  public var bitPattern: UInt16

  @inlinable public init(bitPattern: UInt16) { self.bitPattern = bitPattern }

  /// Rounds to nearest, ties to even; every NaN stays a NaN.
  @inlinable public init(_ value: Float) {
    let bits = value.bitPattern
    if value.isNaN {
      bitPattern = UInt16(truncatingIfNeeded: bits >> 16) | 0x0040
    } else {
      let rounding = 0x7FFF + ((bits >> 16) & 1)
      bitPattern = UInt16(truncatingIfNeeded: (bits &+ rounding) >> 16)
    }
  }
}

extension Float {
  /// The exact value of a bfloat16.
  @inlinable public init(_ value: BFloat16) { self.init(bitPattern: UInt32(value.bitPattern) << 16) }
}
