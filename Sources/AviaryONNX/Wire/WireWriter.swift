/// Appends fields in the protobuf wire format.
struct WireWriter {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ field: Int, varint value: UInt64) {
    appendTag(field, .varint)
    appendVarint(value)
  }

  mutating func append(_ field: Int, bytes content: some Collection<UInt8>) {
    appendTag(field, .length)
    appendVarint(UInt64(content.count))
    bytes.append(contentsOf: content)
  }

  /// Whole fields that are in the wire format already.
  mutating func append(contentsOf fields: some Collection<UInt8>) {
    bytes.append(contentsOf: fields)
  }

  /// A value that is in the wire format already.
  mutating func append(_ field: Int, _ type: WireCursor.WireType, encoded content: some Collection<UInt8>) {
    appendTag(field, type)
    bytes.append(contentsOf: content)
  }

  /// A message whose content `body` writes and whose length is filled in afterwards.
  ///
  /// - Parameter expected: about how long the content will be.
  /// - Returns: what `body` returned, and the length of the content.
  mutating func append<Result, Failure: Error>(
    _ field: Int, expecting expected: Int, _ body: (inout WireWriter) throws(Failure) -> Result
  ) throws(Failure) -> (result: Result, length: Int) {
    appendTag(field, .length)
    let reserved = Self.varintSize(UInt64(min(max(expected, 0), 0xFFF_FFFF)))
    let position = bytes.count
    for _ in 0..<reserved { bytes.append(0) }
    let result = try body(&self)
    let length = bytes.count - position - reserved
    let needed = Self.varintSize(UInt64(length))
    if needed > reserved {
      bytes.insert(contentsOf: repeatElement(0, count: needed - reserved), at: position)
    }
    // A shorter one is padded: a varint may end in zero groups.
    let width = max(needed, reserved)
    var rest = UInt64(length)
    for i in 0..<width {
      bytes[position + i] = UInt8(rest & 0x7F) | (i + 1 < width ? 0x80 : 0)
      rest >>= 7
    }
    return (result, length)
  }

  private mutating func appendTag(_ field: Int, _ type: WireCursor.WireType) {
    appendVarint(UInt64(field) << 3 | UInt64(type.rawValue))
  }

  private mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private static func varintSize(_ value: UInt64) -> Int {
    max(1, (64 - value.leadingZeroBitCount + 6) / 7)
  }
}
