import AviaryCore

/// Elements of 2 or 4 bits that share bytes, low bits first, as `TensorProto.raw_data` lays them out.
package enum PackedBits {
  /// The bits of element `index`, without sign.
  @inline(__always)
  static func get(_ base: UnsafeRawPointer, _ index: Int, width: Int) -> UInt8 {
    let perByte = 8 / width
    let byte = base.load(fromByteOffset: index / perByte, as: UInt8.self)
    return byte >> UInt8(index % perByte * width) & (1 << UInt8(width) - 1)
  }

  /// Replaces the bits of element `index`; its neighbours in the byte stay.
  @inline(__always)
  static func set(_ base: UnsafeMutableRawPointer, _ index: Int, width: Int, _ value: UInt8) {
    let perByte = 8 / width
    let shift = UInt8(index % perByte * width)
    let mask: UInt8 = (1 << UInt8(width) - 1) << shift
    let byte = base.load(fromByteOffset: index / perByte, as: UInt8.self)
    let new = byte & ~mask | (value << shift & mask)
    base.storeBytes(of: new, toByteOffset: index / perByte, as: UInt8.self)
  }

  /// Two's complement of `width` bits as a number.
  @inline(__always)
  static func signed(_ bits: UInt8, width: Int) -> Int64 {
    let shift = UInt8(8 - width)
    return Int64(Int8(bitPattern: bits << shift) >> Int8(shift))
  }
}
