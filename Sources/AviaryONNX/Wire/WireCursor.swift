/// What is wrong with the bytes of a message, and where.
package struct WireError: Error, Equatable, Sendable {
  /// Bytes from the start of the file.
  package let offset: Int
  package let message: String
  /// A limit was reached: the bytes may be well formed.
  package var isLimit = false
}

/// The part of the file that holds some message or field.
package struct WireRange: Equatable, Sendable {
  package var offset: Int
  package var count: Int
  package var end: Int { offset + count }
}

/// Reads tags, numbers and lengths in the protobuf wire format and never past `end`.
/// Source: the "Encoding" chapter of the Protocol Buffers documentation.
struct WireCursor {
  enum WireType: UInt8 {
    case varint = 0
    case fixed64 = 1
    case length = 2
    case fixed32 = 5
  }

  /// The whole file: offsets in errors count from its start.
  let bytes: UnsafeRawBufferPointer
  private(set) var position: Int
  let end: Int

  /// - Precondition: `range` lies within `bytes`; both come from a cursor over the same bytes or from
  ///   their count. A range that does not is treated as empty.
  init(_ bytes: UnsafeRawBufferPointer, _ range: WireRange) {
    self.bytes = bytes
    let fits = range.offset >= 0 && range.count >= 0 && range.offset <= bytes.count
      && range.count <= bytes.count - range.offset
    position = fits ? range.offset : 0
    end = fits ? range.offset + range.count : 0
  }

  init(_ bytes: UnsafeRawBufferPointer) {
    self.init(bytes, WireRange(offset: 0, count: bytes.count))
  }

  var isAtEnd: Bool { position >= end }

  /// A number of 7 bits a byte, lowest first: at most ten bytes and 64 bits.
  mutating func readVarint() throws(WireError) -> UInt64 {
    let start = position
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < end {
      let byte = bytes[position]
      position += 1
      if shift == 63 && byte > 1 {
        throw WireError(offset: start, message: "a number of more than 64 bits")
      }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw WireError(offset: start, message: "the data ends within a number")
  }

  /// A field's number and wire type.
  mutating func readTag() throws(WireError) -> (number: Int, type: WireType) {
    let start = position
    let tag = try readVarint()
    guard tag <= 0xFFFF_FFFF else {
      throw WireError(offset: start, message: "field number \(tag >> 3) is out of range")
    }
    let number = Int(tag >> 3)
    guard number != 0 else { throw WireError(offset: start, message: "field number 0") }
    guard let type = WireType(rawValue: UInt8(tag & 7)) else {
      let kind = tag & 7 == 3 || tag & 7 == 4 ? "a group, which ONNX does not use" : "unknown"
      throw WireError(offset: start, message: "wire type \(tag & 7) of field \(number) is \(kind)")
    }
    return (number, type)
  }

  /// The range of a length-delimited field's content; the cursor moves behind it.
  mutating func readRange() throws(WireError) -> WireRange {
    let start = position
    let length = try readVarint()
    guard length <= UInt64(end - position) else {
      throw WireError(
        offset: start,
        message: "a length of \(length) bytes where \(end - position) are left: truncated or not ONNX")
    }
    let range = WireRange(offset: position, count: Int(length))
    position += range.count
    return range
  }

  /// Moves over `count` bytes.
  mutating func skip(_ count: Int) throws(WireError) {
    guard count <= end - position else {
      throw WireError(offset: position, message: "the data ends within a number of \(count) bytes")
    }
    position += count
  }

  /// Moves over the content of a field of wire type `type` and returns where it lies.
  mutating func skipValue(_ type: WireType) throws(WireError) -> WireRange {
    let start = position
    switch type {
    case .varint: _ = try readVarint()
    case .fixed32: try skip(4)
    case .fixed64: try skip(8)
    case .length: return try readRange()
    }
    return WireRange(offset: start, count: position - start)
  }
}
