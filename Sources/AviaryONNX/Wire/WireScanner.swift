/// Limits on what a message may make the parser do.
package struct WireLimits: Sendable {
  /// Messages within messages. A subgraph takes three levels.
  package var depth = 100
  /// Bytes of parsed structures for each byte of the message without weights.
  package var expansion = 64
  /// Bytes of parsed structures in all.
  package var bytes = 2 << 30
  /// Structures of up to this many bytes are fine whatever the size of the message.
  package static let free = 1 << 20

  package init() {}
}

/// Walks a protobuf message before protobuf-c sees it, checks everything that protobuf-c does not, and
/// writes the message again without the elements of its tensors and without unknown fields.
///
/// What is checked: nesting depth; every length and number lies within the message that holds it; wire
/// types agree with the schema; text is UTF-8 without NUL; a field that holds one message occurs once; the
/// memory that the parsed structures will take.
///
/// In place of its elements each `TensorProto` gets a `raw_data` of 16 bytes: offset and length, in the
/// file, of the tensor's own message (see `TensorElements`), which is walked again when the elements are
/// wanted. A tensor without elements gets none.
package struct WireScanner {
  private let schema: WireSchema
  private let limits: WireLimits
  private let bytes: UnsafeRawBufferPointer
  /// The message without weights.
  private(set) var output: [UInt8] = []
  /// Bytes that the parsed structures will take.
  private(set) var structures = 0

  private init(_ bytes: UnsafeRawBufferPointer, _ schema: WireSchema, _ limits: WireLimits) {
    self.bytes = bytes
    self.schema = schema
    self.limits = limits
  }

  /// - Returns: the message without weights, and the bytes that its parsed structures will take at most.
  /// - Throws: `WireError` that says at which byte of the file what is wrong.
  package static func scan(
    _ bytes: UnsafeRawBufferPointer, schema: WireSchema, limits: WireLimits = WireLimits()
  ) throws(WireError) -> (message: [UInt8], structures: Int) {
    var scanner = WireScanner(bytes, schema, limits)
    let transient = try scanner.scan(WireRange(offset: 0, count: bytes.count), type: 0, depth: 1)
    let total = scanner.structures + transient
    try scanner.check(total, against: scanner.output.count)
    return (scanner.output, total)
  }

  private func check(_ structures: Int, against size: Int) throws(WireError) {
    let allowed = max(WireLimits.free, size.multipliedSaturating(by: limits.expansion))
    guard structures <= min(allowed, limits.bytes) else {
      throw WireError(
        offset: 0,
        message: """
          its structures would take more than \(structures >> 20) MiB of memory for \(size) bytes \
          (allowed: \(limits.expansion) times the size, \(limits.bytes >> 20) MiB)
          """)
    }
  }

  /// Walks one message and appends it to the output.
  /// - Returns: bytes that protobuf-c will hold only while it parses this message.
  private mutating func scan(_ range: WireRange, type: Int, depth: Int) throws(WireError) -> Int {
    guard depth <= limits.depth else {
      throw WireError(
        offset: range.offset, message: "messages nested more than \(limits.depth) deep")
    }
    guard type < schema.messages.count else {
      throw WireError(offset: range.offset, message: "no schema")
    }
    let message = schema.messages[type]
    try charge(message.structureSize, at: range.offset)
    var cursor = WireCursor(bytes, range)
    var seen: UInt64 = 0
    var oneof: (group: UInt32, number: Int) = (0, 0)
    var members = 0
    var childTransient = 0
    var hasElements = false

    while !cursor.isAtEnd {
      let start = cursor.position
      let (number, wireType) = try cursor.readTag()
      guard number < message.fields.count, let field = message.fields[number] else {
        _ = try cursor.skipValue(wireType)
        continue
      }
      let isFirst = seen & (1 << UInt64(number)) == 0
      seen |= 1 << UInt64(number)
      if message.isTensor && WireSchema.tensorDataFields.contains(number) {
        try checkElements(field, wireType, &cursor, message)
        hasElements = true
        continue
      }
      members += 1
      if field.isRepeated {
        try charge(isFirst ? 32 : 0, adding: field.elementSize, at: start)
      }
      switch field.kind {
      case .message(let child):
        guard wireType == .length else { throw mismatch(field, message, start) }
        let isFree = isFirst && (field.oneof == 0 || oneof.group != field.oneof)
        guard field.isRepeated || isFree else {
          throw WireError(offset: start, message: "\(message.name).\(field.name) stands there twice")
        }
        if field.oneof != 0 { oneof = (field.oneof, number) }
        let content = try cursor.readRange()
        let inner = try append(child, content, number, depth)
        childTransient = max(childTransient, inner)
      case .string, .bytes:
        guard wireType == .length else { throw mismatch(field, message, start) }
        let content = try cursor.readRange()
        if field.kind == .string && !isText(content) {
          if field.name == "doc_string" { continue }
          throw WireError(
            offset: content.offset,
            message: "\(message.name).\(field.name) is not text (UTF-8 without NUL)")
        }
        try charge(content.count + 1, at: start)
        copy(number, wireType, length: content.count, content)
      case .varint, .fixed32, .fixed64:
        if wireType == .length && field.isRepeated {
          let content = try cursor.readRange()
          let count = try elementCount(field, content, message)
          try charge(0, adding: field.elementSize.multipliedSaturating(by: count), at: start)
          copy(number, wireType, length: content.count, content)
        } else {
          guard wireType == field.kind.wireType else { throw mismatch(field, message, start) }
          let content = try cursor.skipValue(wireType)
          copy(number, wireType, length: nil, content)
        }
      }
    }
    if hasElements { appendElementsNote(range) }
    return Self.memberSlabs(members) + childTransient
  }

  // MARK: Checks

  /// Elements of a tensor stay where they are; only that they are well formed is checked here, so that
  /// whoever decodes them later can rely on it.
  private func checkElements(
    _ field: WireSchema.Field, _ wireType: WireCursor.WireType, _ cursor: inout WireCursor,
    _ message: WireSchema.Message
  ) throws(WireError) {
    let start = cursor.position
    switch field.kind {
    case .bytes, .string, .message:
      guard wireType == .length else { throw mismatch(field, message, start) }
      _ = try cursor.readRange()
    case .varint, .fixed32, .fixed64:
      if wireType == .length {
        let content = try cursor.readRange()
        // Numbers of variable length are checked when they are decoded.
        if field.kind != .varint { _ = try elementCount(field, content, message) }
      } else {
        guard wireType == field.kind.wireType else { throw mismatch(field, message, start) }
        _ = try cursor.skipValue(wireType)
      }
    }
  }

  /// How many numbers a packed field holds.
  private func elementCount(
    _ field: WireSchema.Field, _ content: WireRange, _ message: WireSchema.Message
  ) throws(WireError) -> Int {
    switch field.kind {
    case .fixed32 where content.count % 4 == 0: return content.count / 4
    case .fixed64 where content.count % 8 == 0: return content.count / 8
    case .fixed32, .fixed64:
      throw WireError(
        offset: content.offset,
        message: "\(message.name).\(field.name) ends within a number")
    default:
      var cursor = WireCursor(bytes, content)
      var count = 0
      while !cursor.isAtEnd {
        _ = try cursor.readVarint()
        count += 1
      }
      return count
    }
  }

  private func isText(_ range: WireRange) -> Bool {
    let text = UnsafeRawBufferPointer(rebasing: bytes[range.offset..<range.end])
    var isASCII = true
    for byte in text {
      if byte == 0 { return false }
      if byte >= 0x80 { isASCII = false }
    }
    return isASCII || String(validating: text, as: UTF8.self) != nil
  }

  private func mismatch(
    _ field: WireSchema.Field, _ message: WireSchema.Message, _ offset: Int
  ) -> WireError {
    WireError(
      offset: offset, message: "\(message.name).\(field.name) has a wire type that its kind cannot have")
  }

  // MARK: Memory

  /// Adds one allocation (as large as malloc makes it) and bytes within another one.
  private mutating func charge(
    _ allocation: Int, adding extra: Int = 0, at offset: Int
  ) throws(WireError) {
    structures += extra
    if allocation > 0 { structures += max(32, (allocation + 8 + 15) & ~15) }
    guard structures <= limits.bytes,
      structures <= WireLimits.free || structures / limits.expansion <= bytes.count
    else { try check(structures, against: bytes.count); return }
  }

  /// protobuf-c notes 40 bytes for each member it has seen of the message it is parsing: sixteen on the
  /// stack, then in slabs of doubling size.
  private static func memberSlabs(_ members: Int) -> Int {
    var slab = 16
    var capacity = slab
    var bytes = 0
    while capacity < members {
      slab *= 2
      capacity += slab
      bytes += slab * 40
    }
    return bytes
  }
}

// MARK: - Output

extension WireScanner {
  /// Writes a field that holds a message: its content is scanned in place, then its length filled in.
  private mutating func append(
    _ type: Int, _ content: WireRange, _ number: Int, _ depth: Int
  ) throws(WireError) -> Int {
    appendTag(number, .length)
    let reserved = Self.varintSize(UInt64(min(content.count, 0xFFF_FFFF)))
    let lengthPosition = output.count
    for _ in 0..<reserved { output.append(0) }
    let transient = try scan(content, type: type, depth: depth + 1)
    let length = output.count - lengthPosition - reserved
    guard length <= 0x7FFF_FFFF else {
      throw WireError(offset: content.offset, message: "a message of more than 2 GiB without weights")
    }
    // A note may be longer than the few elements it stands for.
    let needed = Self.varintSize(UInt64(length))
    if needed > reserved {
      output.insert(contentsOf: repeatElement(0, count: needed - reserved), at: lengthPosition)
    }
    // Shorter ones are padded: a varint may end in zero groups.
    let width = max(needed, reserved)
    var rest = UInt64(length)
    for i in 0..<width {
      output[lengthPosition + i] = UInt8(rest & 0x7F) | (i + 1 < width ? 0x80 : 0)
      rest >>= 7
    }
    return transient
  }

  private mutating func copy(
    _ number: Int, _ type: WireCursor.WireType, length: Int?, _ content: WireRange
  ) {
    appendTag(number, type)
    if let length { appendVarint(UInt64(length)) }
    output.append(contentsOf: bytes[content.offset..<content.end])
  }

  private mutating func appendElementsNote(_ range: WireRange) {
    appendTag(WireSchema.rawDataField, .length)
    appendVarint(16)
    for value in [range.offset, range.count] {
      for shift in stride(from: 0, to: 64, by: 8) {
        output.append(UInt8(truncatingIfNeeded: value >> shift))
      }
    }
    structures += 32
  }

  private mutating func appendTag(_ number: Int, _ type: WireCursor.WireType) {
    appendVarint(UInt64(number) << 3 | UInt64(type.rawValue))
  }

  private mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      output.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    output.append(UInt8(rest))
  }

  private static func varintSize(_ value: UInt64) -> Int {
    max(1, (64 - value.leadingZeroBitCount + 6) / 7)
  }
}

extension WireSchema.Kind {
  /// The wire type of a single value of this kind.
  var wireType: WireCursor.WireType {
    switch self {
    case .varint: .varint
    case .fixed32: .fixed32
    case .fixed64: .fixed64
    case .string, .bytes, .message: .length
    }
  }
}

extension Int {
  func multipliedSaturating(by other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }
}
