import AviaryCore
import CONNX

/// Turns `SequenceProto`, `OptionalProto` and `MapProto` into values. The scanner has limited how deep
/// they nest.
struct ValueReader {
  let tensors: TensorReader

  /// - Parameter element: the declared type of an element; where it is unknown, the first element's.
  func sequence(_ proto: Onnx__SequenceProto, of element: ValueType) throws(ImportError) -> Value {
    guard proto.n_sparse_tensor_values == 0 else {
      throw ImportError(.unsupported, "sparse tensors cannot be elements of a sequence")
    }
    var values: [Value] = []
    for item in list(proto.n_tensor_values, proto.tensor_values) {
      values.append(.tensor(try tensors.tensor(item.pointee)))
    }
    for item in list(proto.n_sequence_values, proto.sequence_values) {
      values.append(try sequence(item.pointee, of: element.element))
    }
    for item in list(proto.n_map_values, proto.map_values) {
      values.append(try map(item.pointee, of: element.element))
    }
    for item in list(proto.n_optional_values, proto.optional_values) {
      values.append(try optional(item.pointee, of: element.element))
    }
    let kinds = [
      proto.n_tensor_values, proto.n_sequence_values, proto.n_map_values, proto.n_optional_values,
    ]
    guard kinds.count(where: { $0 > 0 }) <= 1 else {
      throw ImportError(.malformed, "a sequence has elements of more than one kind")
    }
    return .sequence(values, of: element == .unknown ? values.first?.type ?? .unknown : element)
  }

  func optional(_ proto: Onnx__OptionalProto, of element: ValueType) throws(ImportError) -> Value {
    var value: Value?
    if let tensor = proto.tensor_value {
      value = .tensor(try tensors.tensor(tensor.pointee))
    } else if let nested = proto.sequence_value {
      value = try sequence(nested.pointee, of: element.element)
    } else if let nested = proto.map_value {
      value = try map(nested.pointee, of: element.element)
    } else if let nested = proto.optional_value {
      value = try optional(nested.pointee, of: element.element)
    } else if proto.sparse_tensor_value != nil {
      throw ImportError(.unsupported, "a sparse tensor cannot be the content of an optional")
    }
    return .optional(value, of: element == .unknown ? value?.type ?? .unknown : element)
  }

  func map(_ proto: Onnx__MapProto, of element: ValueType) throws(ImportError) -> Value {
    guard let type = try TypeReader.elementType(proto.key_type) else {
      throw ImportError(.malformed, "a map has no key type")
    }
    let keys: MapValue.Keys
    let count: Int
    if type == .string {
      var strings: [String] = []
      for key in numbers(proto.n_string_keys, proto.string_keys) {
        guard let string: String = text(key) else {
          throw ImportError(.malformed, "key \(strings.count) of a map is not UTF-8")
        }
        strings.append(string)
      }
      (keys, count) = (.strings(strings), strings.count)
    } else {
      guard type.isInteger, type.bitWidth >= 8 else {
        throw ImportError(.malformed, "a map cannot have keys of type \(type.name)")
      }
      let integers = numbers(proto.n_keys, proto.keys)
      (keys, count) = (.integers(type, integers), integers.count)
    }
    var values: [Value] = []
    if let sequence = proto.values?.pointee,
      case .sequence(let elements, _) = try self.sequence(sequence, of: element)
    {
      values = elements
    }
    guard values.count == count else {
      throw ImportError(.malformed, "a map has \(count) keys and \(values.count) values")
    }
    let valueType = element == .unknown ? values.first?.type ?? .unknown : element
    return .map(MapValue(keys: keys, values: values, valueType: valueType))
  }
}

extension ValueType {
  /// The type of what a sequence, an optional or a map holds.
  fileprivate var element: ValueType {
    switch self {
    case .sequence(let type), .optional(let type), .map(_, let type): type
    case .tensor, .sparseTensor, .unknown: .unknown
    }
  }
}
