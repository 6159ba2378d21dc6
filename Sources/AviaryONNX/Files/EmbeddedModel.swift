import AviaryCore

/// A model file written again with the data of other files in it: one file that can be moved.
///
/// Everything else stays byte for byte, unknown fields included; only tensors with external data lose
/// `external_data` and `data_location` and gain `raw_data`.
/// Source: ONNX documentation, "External Data".
public struct EmbeddedModel {
  private static let dims = 1
  private static let elementType = 2
  private static let rawData = 9
  private static let externalData = 13
  private static let dataLocation = 14
  /// A protobuf message cannot be longer.
  private static let longest = 0x7FFF_FFFF

  private let source: ByteSource
  private let folder: ModelFolder
  private let schema = WireSchema.model
  private let limits: Limits
  private var embedded = 0

  /// The bytes of the file at `path` with all external data in them; `nil` where it has none.
  ///
  /// - Throws: `ImportError` where a file is missing or too short, as at import, and where the whole would be
  ///   longer than the 2 GiB of a protobuf message.
  public static func read(path: String, limits: Limits = .default) throws(ImportError) -> [UInt8]? {
    var model = EmbeddedModel(source: try ByteSource(path: path), folder: ModelFolder(of: path), limits: limits)
    do {
      var output = WireWriter()
      try model.copy(WireRange(offset: 0, count: model.source.bytes.count), type: 0, depth: 1, into: &output)
      return model.embedded > 0 ? output.bytes : nil
    } catch let error as WireError {
      throw ImportError(.malformed, "\(error.message) (byte \(error.offset))", file: path)
    } catch let error as ImportError {
      throw error
    } catch {
      throw ImportError(.malformed, "\(error)", file: path)
    }
  }

  private init(source: ByteSource, folder: ModelFolder, limits: Limits) {
    self.source = source
    self.folder = folder
    self.limits = limits
  }

  private mutating func copy(
    _ range: WireRange, type: Int, depth: Int, into output: inout WireWriter
  ) throws {
    guard depth <= limits.nesting, type < schema.messages.count else {
      throw ImportError(.limit, "messages are nested more than \(limits.nesting) deep", file: source.name)
    }
    let message = schema.messages[type]
    let bytes = source.bytes
    if message.isTensor, let data = try externalBytes(range) {
      return try embed(range, data, into: &output)
    }
    var cursor = WireCursor(bytes, range)
    while !cursor.isAtEnd {
      let start = cursor.position
      let (number, wireType) = try cursor.readTag()
      let content = try cursor.skipValue(wireType)
      if wireType == .length, number < message.fields.count, case .message(let child)? = message.fields[number]?.kind {
        _ = try output.append(number, expecting: content.count) { (output) throws in
          try copy(content, type: child, depth: depth + 1, into: &output)
        }
      } else {
        output.append(contentsOf: bytes[start..<cursor.position])
      }
      guard output.bytes.count <= Self.longest else {
        throw ImportError(
          .limit, "with its external data it is longer than 2 GiB, which no ONNX file can be", file: source.name)
      }
    }
  }

  /// A tensor's fields without those that point elsewhere, and its data.
  private mutating func embed(
    _ range: WireRange, _ data: UnsafeRawBufferPointer, into output: inout WireWriter
  ) throws {
    var cursor = WireCursor(source.bytes, range)
    while !cursor.isAtEnd {
      let start = cursor.position
      let (number, wireType) = try cursor.readTag()
      _ = try cursor.skipValue(wireType)
      guard number != Self.externalData, number != Self.dataLocation else { continue }
      output.append(contentsOf: source.bytes[start..<cursor.position])
    }
    output.append(Self.rawData, bytes: data)
    embedded += 1
  }

  /// Where a tensor's data lies in another file; `nil` for a tensor that has its own.
  private func externalBytes(_ range: WireRange) throws -> UnsafeRawBufferPointer? {
    var cursor = WireCursor(source.bytes, range)
    var isExternal = false
    var (extents, type, pairs): ([Int], ElementType?, [(key: String, value: String)]) = ([], nil, [])
    while !cursor.isAtEnd {
      let (number, wireType) = try cursor.readTag()
      let content = try cursor.skipValue(wireType)
      var inner = WireCursor(source.bytes, content)
      switch (number, wireType) {
      case (Self.dims, .length):
        while !inner.isAtEnd { extents.append(Int(truncatingIfNeeded: try inner.readVarint())) }
      case (Self.dims, .varint): extents.append(Int(truncatingIfNeeded: try inner.readVarint()))
      case (Self.elementType, .varint):
        type = ElementType(rawValue: Int32(truncatingIfNeeded: try inner.readVarint()))
      case (Self.externalData, .length): pairs.append(try pair(inner))
      case (Self.dataLocation, .varint): isExternal = try inner.readVarint() == 1
      default: break
      }
    }
    guard isExternal else { return nil }
    let data = try ExternalData(pairs)
    guard let type, type != .string, let needed = type.byteCount(of: try Shape(extents).count) else {
      throw ImportError(.externalData, "a tensor with external data has no type or no size", file: source.name)
    }
    let file = try folder.source(at: data.location)
    let place = try data.range(needed: needed, available: file.buffer.byteCount)
    return UnsafeRawBufferPointer(rebasing: file.bytes[place.offset..<place.end])
  }

  /// A `StringStringEntryProto`.
  private func pair(_ entry: WireCursor) throws -> (key: String, value: String) {
    var entry = entry
    var texts = ["", ""]
    while !entry.isAtEnd {
      let (number, wireType) = try entry.readTag()
      let content = try entry.skipValue(wireType)
      guard number == 1 || number == 2 else { continue }
      texts[number - 1] = String(decoding: source.bytes[content.offset..<content.end], as: UTF8.self)
    }
    return (texts[0], texts[1])
  }
}
