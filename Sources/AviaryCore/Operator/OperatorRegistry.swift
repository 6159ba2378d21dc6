/// The operators a runtime knows. A value: a session takes a copy when a model is loaded.
public struct OperatorRegistry: Sendable {
  /// What makes operators, by identity, ordered by the first version; ranges do not overlap.
  public private(set) var factories: [OperatorID: [OperatorFactory]] = [:]

  public init() {}
  public init(_ types: [any Operator.Type]) throws(RegistryError) {
    for type in types { try register(type) }
  }

  /// - Throws: `RegistryError.duplicate` where a registered type covers one of the versions already.
  public mutating func register(_ type: any Operator.Type) throws(RegistryError) {
    try register(OperatorFactory(type))
  }

  /// - Throws: `RegistryError.duplicate` where a registered operator covers one of the versions already.
  public mutating func register(_ factory: OperatorFactory) throws(RegistryError) {
    var known = factories[factory.id] ?? []
    guard !known.contains(where: { $0.opsets.overlaps(factory.opsets) }) else {
      throw .duplicate(factory.id, factory.opsets)
    }
    known.append(factory)
    known.sort { $0.opsets.lowerBound < $1.opsets.lowerBound }
    factories[factory.id] = known
  }

  /// What makes an operator at an opset version, if anything does.
  public func factory(for id: OperatorID, opset: Int) -> OperatorFactory? {
    factories[id]?.first { $0.opsets.contains(opset) }
  }

  /// The Swift type that implements an operator at an opset version, if there is one.
  public func type(for id: OperatorID, opset: Int) -> (any Operator.Type)? {
    factory(for: id, opset: opset)?.type
  }
}

public enum RegistryError: Error, Sendable, CustomStringConvertible {
  case duplicate(OperatorID, ClosedRange<Int>)

  public var description: String {
    switch self {
    case .duplicate(let id, let opsets):
      "operator \(id) is registered already for a version in \(opsets.lowerBound) to \(opsets.upperBound)"
    }
  }
}
