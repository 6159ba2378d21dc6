import CONNX

/// What the scanner must know of a message to walk its bytes, and of the C structure that protobuf-c will
/// make of it to predict its size. Read from the generated descriptor tables, so there is no second list
/// of fields to keep.
package struct WireSchema: Sendable {
  /// How a field's bytes are to be understood.
  enum Kind: Sendable, Equatable {
    case varint
    case fixed32
    case fixed64
    case string
    case bytes
    /// Index into `messages`.
    case message(Int)
  }

  struct Field: Sendable {
    let name: String
    let kind: Kind
    let isRepeated: Bool
    /// The field shares its place in the structure with others of one `oneof`; 0 where it does not.
    let oneof: UInt32
    /// Bytes that one element takes in the array of a repeated field.
    let elementSize: Int
  }

  struct Message: Sendable {
    let name: String
    /// `sizeof` of the C structure.
    let structureSize: Int
    /// Indexed by field number; every number of the schema is below 64.
    let fields: [Field?]
    let isTensor: Bool
  }

  /// `messages[0]` is the root.
  let messages: [Message]
  /// The generated table of the root: constant data of the program, hence safe to share.
  nonisolated(unsafe) let descriptor: UnsafePointer<ProtobufCMessageDescriptor>?

  /// Whether no bytes at all are a valid message: a list or an optional that holds nothing.
  var isEmptyAllowed: Bool { messages.first.map { $0.name.hasPrefix("Sequence") || $0.name.hasPrefix("Optional") } ?? false }

  /// Field numbers of `TensorProto` that hold elements: they stay in the file.
  static let tensorDataFields: Set<Int> = [4, 5, 6, 7, 9, 10, 11]
  /// `TensorProto.raw_data`, which carries the scanner's note on where the elements are.
  static let rawDataField = 9

  package static let model = WireSchema(root: aviary_onnx_model_descriptor())
  package static let tensor = WireSchema(root: aviary_onnx_tensor_descriptor())
  package static let sequence = WireSchema(root: aviary_onnx_sequence_descriptor())
  package static let optional = WireSchema(root: aviary_onnx_optional_descriptor())
  package static let map = WireSchema(root: aviary_onnx_map_descriptor())

  private init(root: UnsafePointer<ProtobufCMessageDescriptor>?) {
    descriptor = root
    guard let root else {
      messages = []
      return
    }
    var indices = [root: 0]
    var pending = [root]
    var messages: [Message] = []
    while messages.count < pending.count {
      let descriptor = pending[messages.count].pointee
      var fields: [Field?] = []
      for i in 0..<Int(descriptor.n_fields) {
        let field = descriptor.fields[i]
        let kind: Kind
        if field.type == PROTOBUF_C_TYPE_MESSAGE, let target = field.descriptor {
          let type = target.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
          if indices[type] == nil {
            indices[type] = pending.count
            pending.append(type)
          }
          kind = .message(indices[type] ?? 0)
        } else {
          kind = Self.kind(of: field.type)
        }
        let number = Int(field.id)
        while fields.count <= number { fields.append(nil) }
        let isOneof = field.flags & UInt32(PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue) != 0
        fields[number] = Field(
          name: String(cString: field.name), kind: kind,
          isRepeated: field.label == PROTOBUF_C_LABEL_REPEATED,
          oneof: isOneof ? field.quantifier_offset : 0, elementSize: Self.elementSize(kind))
      }
      let name = String(cString: descriptor.short_name)
      messages.append(
        Message(
          name: name, structureSize: descriptor.sizeof_message, fields: fields,
          isTensor: name == "TensorProto"))
    }
    self.messages = messages
  }

  private static func kind(of type: ProtobufCType) -> Kind {
    switch type {
    case PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32, PROTOBUF_C_TYPE_FLOAT: .fixed32
    case PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64, PROTOBUF_C_TYPE_DOUBLE: .fixed64
    case PROTOBUF_C_TYPE_STRING: .string
    case PROTOBUF_C_TYPE_BYTES: .bytes
    default: .varint
    }
  }

  private static func elementSize(_ kind: Kind) -> Int {
    switch kind {
    case .varint, .fixed64, .string, .message: 8
    case .fixed32: 4
    case .bytes: MemoryLayout<ProtobufCBinaryData>.size
    }
  }
}
