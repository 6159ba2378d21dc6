import AviaryCore

/// Writes values as `TensorProto`, `SequenceProto`, `OptionalProto` and `MapProto`.
/// Field numbers are those of `Schemas/onnx.proto`.
struct ValueWriter {
  var wire = WireWriter()

  mutating func write(_ value: Value, name: String = "") {
    switch value {
    case .tensor(let tensor): write(tensor, name: name)
    case .sequence(let values, let type): write(sequence: values, of: type, name: name)
    case .optional(let value, let type): write(optional: value, of: type, name: name)
    case .map(let map): write(map, name: name)
    }
  }

  /// `raw_data` for everything but strings; on the little-endian machines this builds for it is the memory.
  private mutating func write(_ tensor: Tensor, name: String) {
    for dim in tensor.shape.dims { wire.append(1, varint: UInt64(dim)) }
    wire.append(2, varint: UInt64(tensor.elementType.rawValue))
    if case .strings(let strings) = tensor.storage {
      for string in strings { wire.append(6, bytes: string.utf8) }
    }
    if !name.isEmpty { wire.append(8, bytes: name.utf8) }
    if tensor.elementType != .string {
      tensor.withBytes { wire.append(9, bytes: $0) }
    }
  }

  private mutating func write(sequence values: [Value], of type: ValueType, name: String) {
    if !name.isEmpty { wire.append(1, bytes: name.utf8) }
    let kind = Self.kind(values.first?.type ?? type)
    wire.append(2, varint: UInt64(kind))
    for value in values { append(value, field: Self.sequenceField(kind)) }
  }

  private mutating func write(optional value: Value?, of type: ValueType, name: String) {
    if !name.isEmpty { wire.append(1, bytes: name.utf8) }
    let kind = Self.kind(value?.type ?? type)
    wire.append(2, varint: UInt64(kind))
    if let value { append(value, field: Self.sequenceField(kind)) }
  }

  private mutating func write(_ map: MapValue, name: String) {
    if !name.isEmpty { wire.append(1, bytes: name.utf8) }
    switch map.keys {
    case .integers(let type, let keys):
      wire.append(2, varint: UInt64(type.rawValue))
      for key in keys { wire.append(3, varint: UInt64(bitPattern: key)) }
    case .strings(let keys):
      wire.append(2, varint: UInt64(ElementType.string.rawValue))
      for key in keys { wire.append(4, bytes: key.utf8) }
    }
    append(.sequence(map.values, of: map.valueType), field: 5)
  }

  private mutating func append(_ value: Value, field: Int) {
    var inner = ValueWriter()
    inner.write(value)
    wire.append(field, bytes: inner.wire.bytes)
  }

  /// `SequenceProto.DataType`, which is `OptionalProto.DataType` as well.
  private static func kind(_ type: ValueType) -> Int {
    switch type {
    case .unknown: 0
    case .tensor: 1
    case .sparseTensor: 2
    case .sequence: 3
    case .map: 4
    case .optional: 5
    }
  }

  /// The field that holds values of a kind; the numbers are the same in both messages.
  private static func sequenceField(_ kind: Int) -> Int { [3, 3, 4, 5, 6, 7][kind] }
}
