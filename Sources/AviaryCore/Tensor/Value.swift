/// What flows along an edge of a graph (ONNX IR, "Value types").
public indirect enum Value: Sendable {
  case tensor(Tensor)
  case sequence([Value], of: ValueType)
  case optional(Value?, of: ValueType)
  case map(MapValue)

  /// The tensor, where it is one.
  public var tensor: Tensor? {
    if case .tensor(let tensor) = self { tensor } else { nil }
  }
}

/// An ONNX map: keys are integers or strings, values are any value type.
public struct MapValue: Sendable {
  public enum Keys: Sendable {
    case integers(ElementType, [Int64])
    case strings([String])
  }
  public let keys: Keys
  /// One value a key, in the order of the keys.
  public let values: [Value]
  public let valueType: ValueType

  public init(keys: Keys, values: [Value], valueType: ValueType) {
    self.keys = keys
    self.values = values
    self.valueType = valueType
  }
}

/// The declared type of a value, without its content.
public indirect enum ValueType: Sendable, Hashable {
  /// Element type and shape, either of which may be missing in a model.
  case tensor(ElementType?, SymbolicShape)
  case sparseTensor(ElementType?, SymbolicShape)
  case sequence(ValueType)
  case optional(ValueType)
  case map(key: ElementType, value: ValueType)
  case unknown
}

extension Value {
  /// The type that this value has, with every extent known.
  public var type: ValueType {
    switch self {
    case .tensor(let tensor): .tensor(tensor.elementType, SymbolicShape(tensor.shape))
    case .sequence(_, let element): .sequence(element)
    case .optional(_, let element): .optional(element)
    case .map(let map):
      switch map.keys {
      case .integers(let type, _): .map(key: type, value: map.valueType)
      case .strings: .map(key: .string, value: map.valueType)
      }
    }
  }
}
