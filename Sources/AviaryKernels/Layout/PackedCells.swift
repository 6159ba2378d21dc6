/// Spreads packed elements of less than 8 bits (a stream of bits, low bits first) to one byte each, upper
/// bits 0. An element may straddle two bytes.
package func unpackCells(
  _ from: UnsafeRawPointer, to: UnsafeMutableRawPointer, count: Int, bitWidth: Int
) {
  let from = from.assumingMemoryBound(to: UInt8.self)
  let to = to.assumingMemoryBound(to: UInt8.self)
  let mask = UInt16(1 << bitWidth) - 1
  for i in 0..<count {
    let bit = i * bitWidth
    var word = UInt16(from[bit / 8])
    if bit % 8 + bitWidth > 8 { word |= UInt16(from[bit / 8 + 1]) << 8 }
    to[i] = UInt8(truncatingIfNeeded: (word >> UInt16(bit % 8)) & mask)
  }
}

/// Packs one element a byte into a stream of `bitWidth` bits each, low bits first; spare bits at the end are
/// 0.
package func packCells(_ from: UnsafeRawPointer, to: UnsafeMutableRawPointer, count: Int, bitWidth: Int) {
  guard count > 0 else { return }
  let from = from.assumingMemoryBound(to: UInt8.self)
  let to = to.assumingMemoryBound(to: UInt8.self)
  let mask = UInt16(1 << bitWidth) - 1
  to.update(repeating: 0, count: (count * bitWidth + 7) / 8)
  for i in 0..<count {
    let bit = i * bitWidth
    let word = (UInt16(from[i]) & mask) << UInt16(bit % 8)
    to[bit / 8] |= UInt8(truncatingIfNeeded: word)
    if bit % 8 + bitWidth > 8 { to[bit / 8 + 1] |= UInt8(truncatingIfNeeded: word >> 8) }
  }
}
