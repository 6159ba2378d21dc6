import AviaryCore
import CONNX

extension GraphReader {
  /// One attribute of a node, with references to attributes of the function around replaced by what the
  /// call gives. `nil` where the call leaves it out and the function has no default.
  ///
  /// A value that is absent is zero, empty or an empty list: writers may leave those out.
  func attribute(
    _ proto: Onnx__AttributeProto, _ scope: Scope
  ) throws(ImportError) -> (name: String, value: AttributeValue)? {
    let name = text(proto.name)
    guard !name.isEmpty else { throw ImportError(.invalidAttribute, "an attribute has no name") }
    let reference = text(proto.ref_attr_name)
    if !reference.isEmpty {
      guard let given = scope.attributes else {
        throw ImportError(
          .invalidAttribute,
          "attribute '\(name)' refers to attribute '\(reference)' of a function, but stands in none")
      }
      guard let value = given[reference] else { return nil }
      if proto.has_type != 0, proto.type.rawValue != 0, proto.type.rawValue != value.typeNumber {
        throw ImportError(
          .invalidAttribute, "attribute '\(reference)' of the call has another type than '\(name)' needs")
      }
      return (name, value)
    }
    do {
      return (name, try value(proto, name, scope))
    } catch {
      var named = error
      if error.place.node == nil { named.message = "attribute '\(name)': \(error.message)" }
      throw named
    }
  }

  private func value(
    _ proto: Onnx__AttributeProto, _ name: String, _ scope: Scope
  ) throws(ImportError) -> AttributeValue {
    func missing(_ what: String) -> ImportError {
      ImportError(.invalidAttribute, "has no \(what)")
    }
    func string(_ bytes: ProtobufCBinaryData) throws(ImportError) -> String {
      guard let string: String = text(bytes) else {
        throw ImportError(.invalidAttribute, "is not UTF-8")
      }
      return string
    }
    switch Self.type(of: proto) {
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT: return .float(proto.f)
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT: return .int(proto.i)
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING: return .string(try string(proto.s))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR:
      guard let tensor = proto.t else { throw missing("tensor") }
      return .tensor(try self.tensor(tensor, scope))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH:
      guard let graph = proto.g else { throw missing("graph") }
      return .graph(try self.graph(graph.pointee, scope))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSOR:
      guard let sparse = proto.sparse_tensor else { throw missing("sparse tensor") }
      return .sparseTensor(try tensors.sparse(sparse.pointee))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTO:
      guard let type = proto.tp else { throw missing("type") }
      return .type(try TypeReader.type(type))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS: return .floats(numbers(proto.n_floats, proto.floats))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS: return .ints(numbers(proto.n_ints, proto.ints))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS:
      return .strings(
        try numbers(proto.n_strings, proto.strings).map { (bytes) throws(ImportError) in
          try string(bytes)
        })
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSORS:
      return .tensors(
        try list(proto.n_tensors, proto.tensors).map { (tensor) throws(ImportError) in
          try self.tensor(tensor, scope)
        })
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPHS:
      return .graphs(
        try list(proto.n_graphs, proto.graphs).map { (graph) throws(ImportError) in
          try self.graph(graph.pointee, scope)
        })
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSORS:
      return .sparseTensors(
        try list(proto.n_sparse_tensors, proto.sparse_tensors).map { (sparse) throws(ImportError) in
          try tensors.sparse(sparse.pointee)
        })
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTOS:
      return .types(
        try list(proto.n_type_protos, proto.type_protos).map { (type) throws(ImportError) in
          try TypeReader.type(type)
        })
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__UNDEFINED: throw missing("type and no value")
    default: throw ImportError(.invalidAttribute, "has the type \(proto.type.rawValue), which does not exist")
    }
  }

  /// The declared type or, as before IR version 2, the one of the only value.
  private static func type(of proto: Onnx__AttributeProto) -> Onnx__AttributeProto__AttributeType {
    if proto.has_type != 0, proto.type != ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__UNDEFINED {
      return proto.type
    }
    if proto.has_f != 0 { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT }
    if proto.has_i != 0 { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT }
    if proto.has_s != 0 { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING }
    if proto.t != nil { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR }
    if proto.g != nil { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH }
    if proto.n_floats > 0 { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS }
    if proto.n_ints > 0 { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS }
    if proto.n_strings > 0 { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS }
    if proto.n_tensors > 0 { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSORS }
    if proto.n_graphs > 0 { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPHS }
    return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__UNDEFINED
  }
}

extension AttributeValue {
  /// The number of its kind in `AttributeProto.AttributeType`.
  var typeNumber: UInt32 {
    switch self {
    case .float: 1
    case .int: 2
    case .string: 3
    case .tensor: 4
    case .graph: 5
    case .floats: 6
    case .ints: 7
    case .strings: 8
    case .tensors: 9
    case .graphs: 10
    case .sparseTensor: 11
    case .sparseTensors: 12
    case .type: 13
    case .types: 14
    }
  }
}
