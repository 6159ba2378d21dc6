import AviaryCore
import CONNX

/// Turns `TensorProto` into `Tensor`.
///
/// Elements that lie in the file as they lie in memory (`raw_data`, a packed `float_data` or `double_data`,
/// external data) are borrowed from the mapping where their address suits the element type, else copied
/// once; everything else is decoded.
/// Source: ONNX IR specification, "Tensor Element Types" and the rules at `TensorProto`.
final class TensorReader {
  let source: ByteSource
  let limits: Limits
  /// `nil` where the model has no folder: it came from memory.
  private let folder: ModelFolder?
  /// Bytes of tensors that could not be borrowed. Many tensors may name the same bytes of a file.
  private var ownedBytes = 0
  private(set) var warnings: [String] = []

  init(source: ByteSource, folder: ModelFolder?, limits: Limits) {
    self.source = source
    self.folder = folder
    self.limits = limits
  }

  /// - Throws: `ImportError` that names the tensor.
  func tensor(_ proto: Onnx__TensorProto) throws(ImportError) -> Tensor {
    let name = text(proto.name)
    do {
      return try read(proto, name)
    } catch let error as ImportError {
      var named = error
      named.message = "tensor '\(name)': \(error.message)"
      throw named
    } catch let error as TensorError {
      throw ImportError(error.kind, "tensor '\(name)': \(error)")
    } catch let error as WireError {
      throw ImportError(.malformed, "tensor '\(name)': \(error.message) (byte \(error.offset))")
    } catch {
      throw ImportError(.malformed, "tensor '\(name)': \(error)")
    }
  }

  private func read(_ proto: Onnx__TensorProto, _ name: String) throws -> Tensor {
    guard proto.data_type != 0 else { throw ImportError(.malformed, "has no element type") }
    guard let type = ElementType(rawValue: proto.data_type) else {
      throw ImportError(.unsupported, "element type \(proto.data_type) is not one of the specification")
    }
    guard proto.segment == nil else {
      throw ImportError(.unsupported, "is stored in segments, which no version of ONNX allows in a model")
    }
    let shape = try Shape(dims(proto.n_dims, proto.dims))
    let elements = try TensorElements(source.bytes, note(proto))
    if proto.has_data_location != 0, proto.data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL {
      guard elements.contents.isEmpty else {
        throw ImportError(.externalData, "has external data and elements in the model as well")
      }
      return try external(proto, type, shape)
    }
    let field = try Self.field(of: elements, for: type)
    guard let field else {
      guard shape.count == 0 else {
        throw ImportError(
          .malformed, "has no elements, its shape \(shape) needs \(shape.count)")
      }
      return type == .string
        ? try Tensor(strings: [], shape: shape)
        : try Tensor(elementType: type, shape: shape, buffer: try TensorBuffer(byteCount: 0))
    }
    switch field {
    case .string: return try strings(elements, shape)
    case .raw, .float, .double: return try plain(elements, field, type, shape)
    case .int32, .int64, .uint64: return try decoded(elements, field, type, shape)
    }
  }

  /// Which field holds the elements; `nil` where none does.
  private static func field(
    of elements: TensorElements, for type: ElementType
  ) throws(ImportError) -> TensorElements.Field? {
    let typed: TensorElements.Field
    switch type {
    case .float, .complex64: typed = .float
    case .double, .complex128: typed = .double
    case .string: typed = .string
    case .int64: typed = .int64
    case .uint32, .uint64: typed = .uint64
    default: typed = .int32
    }
    let used = elements.contents.filter { $0.value.bytes > 0 || $0.key == .string }.map(\.key)
    guard used.count <= 1 else {
      let names = used.map(\.name).sorted().joined(separator: " and ")
      throw ImportError(.malformed, "has elements in more than one place: \(names)")
    }
    guard let field = used.first else { return nil }
    guard field == typed || (field == .raw && type != .string) else {
      throw ImportError(.malformed, "has elements of type \(type.name) in \(field.name)")
    }
    return field
  }

  /// The range that the scanner noted in place of the elements.
  private func note(_ proto: Onnx__TensorProto) -> WireRange? {
    guard proto.has_raw_data != 0, proto.raw_data.len == 16, let data = proto.raw_data.data else {
      return nil
    }
    func number(_ at: Int) -> Int {
      var value: UInt64 = 0
      for i in 0..<8 { value |= UInt64(data[at + i]) << UInt64(8 * i) }
      return Int(truncatingIfNeeded: value)
    }
    return WireRange(offset: number(0), count: number(8))
  }

  // MARK: Elements as they lie in the file

  private func plain(
    _ elements: TensorElements, _ field: TensorElements.Field, _ type: ElementType, _ shape: Shape
  ) throws -> Tensor {
    guard let content = elements.contents[field], let needed = type.byteCount(of: shape.count) else {
      throw TensorError.invalidShape(shape.dims, "the number of bytes overflows")
    }
    guard content.bytes == needed else {
      throw TensorError.sizeMismatch(expected: needed, found: content.bytes)
    }
    if content.chunks == 1 { return try tensor(type, shape, in: source, content.last) }
    let buffer = try allocate(needed)
    var position = 0
    try elements.forEachChunk(of: field) { chunk in
      let target = UnsafeMutableRawBufferPointer(start: buffer.base + position, count: chunk.count)
      try source.copy(chunk, to: target)
      position += chunk.count
    }
    return try Tensor(elementType: type, shape: shape, buffer: buffer)
  }

  private func external(
    _ proto: Onnx__TensorProto, _ type: ElementType, _ shape: Shape
  ) throws -> Tensor {
    guard type != .string else { throw ImportError(.externalData, "strings cannot be external") }
    guard let needed = type.byteCount(of: shape.count) else {
      throw TensorError.invalidShape(shape.dims, "the number of bytes overflows")
    }
    let data = try ExternalData(entries(proto.n_external_data, proto.external_data))
    guard let folder else {
      throw ImportError(
        .externalData, "has external data in '\(data.location)', but the model has no folder")
    }
    if data.checksum != nil {
      let warning = "checksums of external data are not verified"
      if !warnings.contains(warning) { warnings.append(warning) }
    }
    let file = try folder.source(at: data.location)
    let range = try data.range(needed: needed, available: file.buffer.byteCount)
    return try tensor(type, shape, in: file, range)
  }

  /// From this size on float weights are never copied.
  private static let borrowedBytes = 256 << 10

  /// Borrows or copies a range that is as long as the tensor.
  private func tensor(
    _ type: ElementType, _ shape: Shape, in file: ByteSource, _ range: WireRange
  ) throws -> Tensor {
    guard range.count <= limits.tensorBytes else {
      throw TensorError.overBudget(bytes: range.count, limit: limits.tensorBytes)
    }
    let address = UInt(bitPattern: file.buffer.base) &+ UInt(bitPattern: range.offset)
    // Any byte but 0 and 1 is no value of a Bool; such files exist and mean true.
    let isClean = type != .bool || file.bytes[range.offset..<range.end].allSatisfy { $0 <= 1 }
    // Raw data begins wherever the message before it ends. Large float weights are borrowed all the same:
    // kernels pack them or load them by vectors, for which every processor we run on takes any address, and
    // copying half a gigabyte would be most of the time of loading it.
    let mayLieAnywhere = type == .float && range.count >= Self.borrowedBytes
    if isClean && (mayLieAnywhere || address % UInt(type.alignment) == 0) {
      return try Tensor(elementType: type, shape: shape, buffer: file.buffer, offset: range.offset)
    }
    let buffer = try allocate(range.count)
    let target = UnsafeMutableRawBufferPointer(start: buffer.base, count: range.count)
    try file.copy(range, to: target)
    if !isClean { for i in target.indices where target[i] > 1 { target[i] = 1 } }
    return try Tensor(elementType: type, shape: shape, buffer: buffer)
  }

  // MARK: Elements that must be decoded

  private func strings(_ elements: TensorElements, _ shape: Shape) throws -> Tensor {
    guard elements.contents[.string]?.chunks == shape.count else {
      throw ImportError(
        .malformed,
        "has \(elements.contents[.string]?.chunks ?? 0) strings, its shape \(shape) needs \(shape.count)")
    }
    var strings: [String] = []
    strings.reserveCapacity(shape.count)
    try elements.forEachChunk(of: .string) { chunk in
      guard let string = String(validating: source.bytes[chunk.offset..<chunk.end], as: UTF8.self) else {
        throw ImportError(.malformed, "string \(strings.count) is not UTF-8")
      }
      strings.append(string)
    }
    return try Tensor(strings: strings, shape: shape)
  }

  private func decoded(
    _ elements: TensorElements, _ field: TensorElements.Field, _ type: ElementType, _ shape: Shape
  ) throws -> Tensor {
    guard let needed = type.byteCount(of: shape.count) else {
      throw TensorError.invalidShape(shape.dims, "the number of bytes overflows")
    }
    // Four- and two-bit elements stand there as whole bytes, six-bit ones each for itself.
    let expected = type.bitWidth < 6 ? needed : shape.count
    let count = try elements.varintCount(of: field)
    guard count == expected else {
      throw ImportError(
        .malformed, "has \(count) numbers in \(field.name), its shape \(shape) needs \(expected)")
    }
    let buffer = try allocate(needed)
    try VarintDecoder(elements: elements, field: field, type: type).decode(into: buffer)
    return try Tensor(elementType: type, shape: shape, buffer: buffer)
  }

  /// Memory for one tensor, within the limits for one and for all.
  func allocate(_ byteCount: Int) throws -> TensorBuffer {
    guard byteCount <= limits.tensorBytes else {
      throw TensorError.overBudget(bytes: byteCount, limit: limits.tensorBytes)
    }
    guard byteCount <= limits.runBytes - min(ownedBytes, limits.runBytes) else {
      throw ImportError(
        .limit, "all decoded tensors together need more than \(limits.runBytes) bytes")
    }
    ownedBytes += byteCount
    return try TensorBuffer(byteCount: byteCount)
  }
}

extension ElementType {
  /// Bytes that the address of an element must be a multiple of.
  var alignment: Int {
    switch self {
    case .complex64: 4
    case .complex128: 8
    default: max(1, min(8, bitWidth / 8))
    }
  }
}

extension TensorError {
  var kind: ImportError.Kind {
    switch self {
    case .overBudget, .outOfMemory: .limit
    default: .malformed
    }
  }
}
