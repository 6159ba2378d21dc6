import AviaryCore
import CONNX

/// Declared types (`TypeProto`). The scanner has limited how deep they nest.
enum TypeReader {
  /// - Throws: `ImportError` (`invalidGraph`) for an element type that does not exist, an extent below
  ///   -1, or a number of elements that does not fit.
  static func type(_ proto: UnsafePointer<Onnx__TypeProto>?) throws(ImportError) -> ValueType {
    guard let proto = proto?.pointee else { return .unknown }
    switch proto.value_case {
    case ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE:
      guard let tensor = proto.tensor_type?.pointee else { return .unknown }
      return .tensor(try elementType(tensor.elem_type), try shape(tensor.shape))
    case ONNX__TYPE_PROTO__VALUE_SPARSE_TENSOR_TYPE:
      guard let tensor = proto.sparse_tensor_type?.pointee else { return .unknown }
      return .sparseTensor(try elementType(tensor.elem_type), try shape(tensor.shape))
    case ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE:
      return .sequence(try type(proto.sequence_type?.pointee.elem_type))
    case ONNX__TYPE_PROTO__VALUE_OPTIONAL_TYPE:
      return .optional(try type(proto.optional_type?.pointee.elem_type))
    case ONNX__TYPE_PROTO__VALUE_MAP_TYPE:
      guard let map = proto.map_type?.pointee, let key = try elementType(map.key_type) else {
        throw ImportError(.invalidGraph, "a map type has no key type")
      }
      return .map(key: key, value: try type(map.value_type))
    default: return .unknown
    }
  }

  /// An element type by its number; `nil` for 0, which says nothing.
  static func elementType(_ number: Int32) throws(ImportError) -> ElementType? {
    guard number != 0 else { return nil }
    guard let type = ElementType(rawValue: number) else {
      throw ImportError(.invalidGraph, "element type \(number) does not exist")
    }
    return type
  }

  /// A declared shape. Some exporters write -1 for an extent they do not know.
  static func shape(
    _ proto: UnsafePointer<Onnx__TensorShapeProto>?
  ) throws(ImportError) -> SymbolicShape {
    guard let proto = proto?.pointee else { return .unknown }
    var dims: [Extent] = []
    for dim in list(proto.n_dim, proto.dim) {
      switch dim.pointee.value_case {
      case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE:
        let value = Int(dim.pointee.dim_value)
        guard value >= -1 else {
          throw ImportError(.invalidGraph, "dimension \(dims.count) is declared as \(value)")
        }
        dims.append(value == -1 ? .unknown : .known(value))
      case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM:
        let name = text(dim.pointee.dim_param)
        // Paddle's exporter calls every extent it does not know "?": that names nothing.
        dims.append(name.isEmpty || name == "?" ? .unknown : .symbol(name))
      default: dims.append(.unknown)
      }
    }
    // Whatever the unknown extents will be, the known ones must leave room for them.
    do {
      _ = try Shape(dims.map { $0.value ?? 1 })
    } catch {
      throw ImportError(.invalidGraph, error.description)
    }
    return SymbolicShape(dims)
  }
}
