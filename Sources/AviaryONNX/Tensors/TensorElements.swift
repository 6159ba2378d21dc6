/// The fields of a `TensorProto` that hold elements, found by walking the tensor's own message in the
/// file. Nothing is copied until it is known which field counts and how much it holds.
struct TensorElements {
  enum Field: Int, CaseIterable {
    case float = 4
    case int32 = 5
    case string = 6
    case int64 = 7
    case raw = 9
    case double = 10
    case uint64 = 11

    /// The name in the schema.
    var name: String {
      switch self {
      case .raw: "raw_data"
      case .float: "float_data"
      case .int32: "int32_data"
      case .string: "string_data"
      case .int64: "int64_data"
      case .double: "double_data"
      case .uint64: "uint64_data"
      }
    }

    /// Whether elements stand in it as numbers of variable length.
    var isVarint: Bool { self == .int32 || self == .int64 || self == .uint64 }
  }

  /// What stands in one field.
  struct Content {
    /// Occurrences on the wire: one for a packed field, one for each element of an unpacked one.
    var chunks = 0
    var bytes = 0
    var last = WireRange(offset: 0, count: 0)
  }

  private let bytes: UnsafeRawBufferPointer
  /// The tensor's message.
  private let range: WireRange
  private(set) var contents: [Field: Content] = [:]

  /// - Parameter range: `nil` for a tensor without elements.
  init(_ bytes: UnsafeRawBufferPointer, _ range: WireRange?) throws(WireError) {
    self.bytes = bytes
    self.range = range ?? WireRange(offset: 0, count: 0)
    var cursor = WireCursor(bytes, self.range)
    while !cursor.isAtEnd {
      let (number, type) = try cursor.readTag()
      let value = try cursor.skipValue(type)
      guard let field = Field(rawValue: number) else { continue }
      // The last of several raw_data counts; of the others, all together.
      if field == .raw { contents[field] = nil }
      contents[field, default: Content()].chunks += 1
      contents[field, default: Content()].bytes += value.count
      contents[field, default: Content()].last = value
    }
  }

  /// Calls `body` with each occurrence of `field`, in order.
  func forEachChunk<E: Error>(
    of field: Field, _ body: (WireRange) throws(E) -> Void
  ) throws(E) {
    guard let content = contents[field] else { return }
    if content.chunks == 1 { return try body(content.last) }
    var cursor = WireCursor(bytes, range)
    // The walk succeeded once, in `init`, over the same bytes.
    while !cursor.isAtEnd, let (number, type) = try? cursor.readTag(),
      let value = try? cursor.skipValue(type)
    {
      if number == field.rawValue { try body(value) }
    }
  }

  /// Calls `body` with each number of a varint field, in order.
  func forEachVarint<E: Error>(
    of field: Field, _ body: (UInt64) throws(E) -> Void
  ) throws(E) {
    try forEachChunk(of: field) { (chunk) throws(E) in
      var cursor = WireCursor(bytes, chunk)
      while !cursor.isAtEnd, let value = try? cursor.readVarint() { try body(value) }
    }
  }

  /// How many numbers a varint field holds.
  ///
  /// - Throws: `WireError` where one of them is cut off or too long.
  func varintCount(of field: Field) throws(WireError) -> Int {
    var count = 0
    try forEachChunk(of: field) { (chunk) throws(WireError) in
      var cursor = WireCursor(bytes, chunk)
      while !cursor.isAtEnd {
        _ = try cursor.readVarint()
        count += 1
      }
    }
    return count
  }
}
