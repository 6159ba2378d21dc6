import AviaryCore

/// Elements of 2, 4 or 6 bits that share bytes, low bits first, as `TensorProto.raw_data` lays them out.
package enum PackedBits {
  /// The bits of element `index`, without sign.
  @inline(__always)
  static func get(_ base: UnsafeRawPointer, _ index: Int, width: Int) -> UInt8 {
    let (byte, shift) = (index * width / 8, index * width % 8)
    var word = UInt16(base.load(fromByteOffset: byte, as: UInt8.self))
    // Elements of 6 bits may straddle two bytes; others divide a byte.
    if width == 6, shift > 2 { word |= UInt16(base.load(fromByteOffset: byte + 1, as: UInt8.self)) << 8 }
    return UInt8(truncatingIfNeeded: word >> UInt16(shift)) & (1 << UInt8(width) - 1)
  }

  /// Replaces the bits of element `index`; its neighbours in the byte stay.
  @inline(__always)
  static func set(_ base: UnsafeMutableRawPointer, _ index: Int, width: Int, _ value: UInt8) {
    let (byte, shift) = (index * width / 8, index * width % 8)
    let mask: UInt16 = (1 << UInt16(width) - 1) << UInt16(shift)
    let new = UInt16(value) << UInt16(shift) & mask
    func replace(_ place: Int, _ mask: UInt8, _ new: UInt8) {
      let old = base.load(fromByteOffset: place, as: UInt8.self)
      base.storeBytes(of: old & ~mask | new, toByteOffset: place, as: UInt8.self)
    }
    replace(byte, UInt8(truncatingIfNeeded: mask), UInt8(truncatingIfNeeded: new))
    if width == 6, shift > 2 { replace(byte + 1, UInt8(truncatingIfNeeded: mask >> 8), UInt8(truncatingIfNeeded: new >> 8)) }
  }

  /// Two's complement of `width` bits as a number.
  @inline(__always)
  static func signed(_ bits: UInt8, width: Int) -> Int64 {
    let shift = UInt8(8 - width)
    return Int64(Int8(bitPattern: bits << shift) >> Int8(shift))
  }
}
