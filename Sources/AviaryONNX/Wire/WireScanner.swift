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
    var output = WireWriter()
    let all = WireRange(offset: 0, count: bytes.count)
    let transient = try scanner.scan(all, type: 0, depth: 1, into: &output)
    let total = scanner.structures + transient
    try scanner.check(total, against: output.bytes.count)
    return (output.bytes, total)
  }

  private func check(_ structures: Int, against size: Int) throws(WireError) {
    let allowed = max(WireLimits.free, size.multipliedSaturating(by: limits.expansion))
    guard structures <= min(allowed, limits.bytes) else {
      throw WireError(
        offset: 0,
        message: """
          its structures would take \(structures >> 20) MiB or more of memory for \(size) bytes \
          (allowed: \(limits.expansion) times the size, \(limits.bytes >> 20) MiB)
          """, isLimit: true)
    }
  }

  /// Walks one message and appends it to the output.
  /// - Returns: bytes that protobuf-c will hold only while it parses this message.
  private mutating func scan(
    _ range: WireRange, type: Int, depth: Int, into output: inout WireWriter
  ) throws(WireError) -> Int {
    guard depth <= limits.depth else {
      throw WireError(
        offset: range.offset, message: "messages nested more than \(limits.depth) deep", isLimit: true)
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
        let inner = try output.append(number, expecting: content.count) { (output) throws(WireError) in
          try scan(content, type: child, depth: depth + 1, into: &output)
        }
        guard inner.length <= 0x7FFF_FFFF else {
          throw WireError(
            offset: content.offset, message: "a message of more than 2 GiB without weights",
            isLimit: true)
        }
        childTransient = max(childTransient, inner.result)
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
        output.append(number, bytes: bytes[content.offset..<content.end])
      case .varint, .fixed32, .fixed64:
        if wireType == .length && field.isRepeated {
          let content = try cursor.readRange()
          let count = try elementCount(field, content, message)
          try charge(0, adding: field.elementSize.multipliedSaturating(by: count), at: start)
          output.append(number, bytes: bytes[content.offset..<content.end])
        } else {
          guard wireType == field.kind.wireType else { throw mismatch(field, message, start) }
          let content = try cursor.skipValue(wireType)
          output.append(number, wireType, encoded: bytes[content.offset..<content.end])
        }
      }
    }
    if hasElements {
      try charge(32, at: range.offset)
      output.append(WireSchema.rawDataField, bytes: Self.note(range))
    }
    return Self.memberSlabs(members) + childTransient
  }

  /// Offset and length of a tensor's message, eight bytes each, little-endian.
  private static func note(_ range: WireRange) -> [UInt8] {
    [range.offset, range.count].flatMap { value in
      (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
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
