/// Spreads packed 2- or 4-bit elements (low bits first) to one byte each, upper bits 0.
package func unpackCells(
  _ from: UnsafeRawPointer, to: UnsafeMutableRawPointer, count: Int, bitWidth: Int
) {
  let from = from.assumingMemoryBound(to: UInt8.self)
  let to = to.assumingMemoryBound(to: UInt8.self)
  let perByte = 8 / bitWidth
  let mask = UInt8(1 << bitWidth) - 1
  for i in 0..<count { to[i] = (from[i / perByte] >> UInt8(i % perByte * bitWidth)) & mask }
}

/// Packs one element a byte into 2- or 4-bit elements, low bits first; spare bits of the last byte are 0.
package func packCells(_ from: UnsafeRawPointer, to: UnsafeMutableRawPointer, count: Int, bitWidth: Int) {
  let from = from.assumingMemoryBound(to: UInt8.self)
  let to = to.assumingMemoryBound(to: UInt8.self)
  let perByte = 8 / bitWidth
  let mask = UInt8(1 << bitWidth) - 1
  var byte: UInt8 = 0
  for i in 0..<count {
    byte |= (from[i] & mask) << UInt8(i % perByte * bitWidth)
    if i % perByte == perByte - 1 || i == count - 1 {
      to[i / perByte] = byte
      byte = 0
    }
  }
}
