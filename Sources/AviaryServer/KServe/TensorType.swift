import AviaryCore

/// The data types of the Open Inference Protocol ("Tensor Data Types") and ours.
enum TensorType {
  private static let names: [(String, ElementType)] = [
    ("BOOL", .bool), ("UINT8", .uint8), ("UINT16", .uint16), ("UINT32", .uint32), ("UINT64", .uint64),
    ("INT8", .int8), ("INT16", .int16), ("INT32", .int32), ("INT64", .int64), ("FP16", .float16),
    ("BF16", .bfloat16), ("FP32", .float), ("FP64", .double), ("BYTES", .string),
  ]

  /// The protocol's name; ours in capitals for what it has no name for.
  static func name(_ type: ElementType) -> String {
    names.first { $0.1 == type }?.0 ?? type.name.uppercased()
  }

  static func type(_ name: String) -> ElementType? { names.first { $0.0 == name }?.1 }

  static var all: [ElementType] { names.map(\.1) }
}
