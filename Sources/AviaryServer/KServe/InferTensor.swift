import Aviary
import AviaryCore
import NIOCore

/// Tensors of the protocol to and from ours.
enum InferTensor {
  /// One element of `inputs`; its bytes are taken from `binary` where it has `binary_data_size`.
  ///
  /// - Throws: `HTTPFailure` 400.
  static func read(
    _ node: JSONNode, index: Int, binary: inout ByteBuffer
  ) throws(HTTPFailure) -> (name: String, tensor: Tensor) {
    guard let name = node["name"]?.string else { throw .badRequest("input \(index) has no name") }
    let place = "input '\(name.prefix(80))'"
    guard let typeName = node["datatype"]?.string, let type = TensorType.type(typeName) else {
      throw .badRequest(
        "\(place): 'datatype' must be one of \(TensorType.all.map(TensorType.name).joined(separator: ", "))")
    }
    let shape = try shape(node["shape"], place)
    let parameters = node["parameters"]
    if parameters?["shared_memory_region"] != nil {
      throw .badRequest("\(place): shared memory is not supported")
    }
    if let size = parameters?["binary_data_size"] {
      guard node["data"] == nil else { throw .badRequest("\(place) has both 'data' and 'binary_data_size'") }
      guard let count = size.integer, count >= 0, let bytes = binary.readSlice(length: count) else {
        throw .badRequest(
          "\(place): 'binary_data_size' does not fit the \(binary.readableBytes) bytes that are left")
      }
      return (name, try tensor(type, shape, bytes, place))
    }
    guard let data = node["data"] else { throw .badRequest("\(place) has no data") }
    guard data.array != nil else { throw .badRequest("\(place): 'data' is \(data.kind), needs a list") }
    return (name, try tensor(type, shape, data, place))
  }

  private static func shape(_ node: JSONNode?, _ place: String) throws(HTTPFailure) -> Shape {
    guard let list = node?.array else { throw .badRequest("\(place) has no shape") }
    let dims = list.compactMap(\.integer)
    guard dims.count == list.count, dims.count <= 64 else {
      throw .badRequest("\(place): the shape is not a list of whole numbers")
    }
    do throws(TensorError) { return try Shape(dims) } catch { throw .badRequest("\(place): \(error)") }
  }

  // MARK: Bytes

  private static func tensor(
    _ type: ElementType, _ shape: Shape, _ bytes: ByteBuffer, _ place: String
  ) throws(HTTPFailure) -> Tensor {
    do {
      if type == .string {
        return try Tensor(strings: strings(bytes, count: shape.count, place), shape: shape)
      }
      guard type.byteCount(of: shape.count) == bytes.readableBytes else {
        throw HTTPFailure.badRequest(
          "\(place): \(bytes.readableBytes) bytes are no \(TensorType.name(type)) tensor of \(shape.dims)"
        )
      }
      if type == .bool, bytes.readableBytesView.contains(where: { $0 > 1 }) {
        throw HTTPFailure.badRequest("\(place): a BOOL is a byte 0 or 1")
      }
      return try Tensor(elementType: type, shape: shape) { target in
        bytes.withUnsafeReadableBytes { target.copyMemory(from: $0) }
      }
    } catch {
      throw failure(error, place)
    }
  }

  /// Each with its length in four bytes, little-endian, before it.
  private static func strings(_ bytes: ByteBuffer, count: Int, _ place: String) throws(HTTPFailure)
    -> [String]
  {
    var bytes = bytes
    var strings: [String] = []
    while bytes.readableBytes > 0 {
      guard let length = bytes.readInteger(endianness: .little, as: UInt32.self),
        let slice = bytes.readSlice(length: Int(length))
      else { throw .badRequest("\(place): a string is cut off") }
      guard let text = String(validating: slice.readableBytesView, as: UTF8.self) else {
        throw .badRequest("\(place): a string is not UTF-8")
      }
      strings.append(text)
    }
    guard strings.count == count else {
      throw .badRequest("\(place): \(strings.count) strings, the shape has \(count)")
    }
    return strings
  }

  // MARK: JSON

  private static func tensor(
    _ type: ElementType, _ shape: Shape, _ data: JSONNode, _ place: String
  ) throws(HTTPFailure) -> Tensor {
    var flat: [JSONNode] = []
    // The shape's size is not trusted with memory; what was sent is.
    flatten(data, into: &flat)
    guard flat.count == shape.count else {
      throw .badRequest("\(place): \(flat.count) values, the shape \(shape.dims) has \(shape.count)")
    }
    func map<T>(_ convert: (JSONNode) -> T?) throws(HTTPFailure) -> [T] {
      var values: [T] = []
      values.reserveCapacity(flat.count)
      for (index, node) in flat.enumerated() {
        guard let value = convert(node) else {
          throw .badRequest("\(place): value \(index) is no \(TensorType.name(type))")
        }
        values.append(value)
      }
      return values
    }
    func integers<T: FixedWidthInteger & Element>(_: T.Type) throws -> Tensor {
      try Tensor(map { $0.exact(T.self) }, shape: shape)
    }
    do {
      switch type {
      case .bool: return try Tensor(map(\.bool), shape: shape)
      case .uint8: return try integers(UInt8.self)
      case .uint16: return try integers(UInt16.self)
      case .uint32: return try integers(UInt32.self)
      case .uint64: return try integers(UInt64.self)
      case .int8: return try integers(Int8.self)
      case .int16: return try integers(Int16.self)
      case .int32: return try integers(Int32.self)
      case .int64: return try integers(Int64.self)
      case .float16: return try Tensor(map { $0.real.map { Float16($0) } }, shape: shape)
      case .bfloat16: return try Tensor(map { $0.real.map { BFloat16(Float($0)) } }, shape: shape)
      case .float: return try Tensor(map { $0.real.map { Float($0) } }, shape: shape)
      case .double: return try Tensor(map(\.real), shape: shape)
      case .string: return try Tensor(strings: map(\.string), shape: shape)
      default: throw HTTPFailure.badRequest("\(place): \(TensorType.name(type)) is not read")
      }
    } catch {
      throw failure(error, place)
    }
  }

  /// Row-major lists in lists are as good as one list.
  private static func flatten(_ node: JSONNode, into flat: inout [JSONNode]) {
    guard case .array(let elements) = node else { return flat.append(node) }
    for element in elements { flatten(element, into: &flat) }
  }

  private static func failure(_ error: any Error, _ place: String) -> HTTPFailure {
    error as? HTTPFailure ?? .badRequest("\(place): \(error)")
  }
}

extension JSONNode {
  /// A number of any kind.
  var real: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .unsigned(let value): Double(value)
    case .real(let value): value
    default: nil
    }
  }

  /// A whole number that the type holds.
  func exact<T: FixedWidthInteger>(_ type: T.Type) -> T? {
    switch self {
    case .integer(let value): T(exactly: value)
    case .unsigned(let value): T(exactly: value)
    case .real(let value): T(exactly: value)
    default: nil
    }
  }
}
