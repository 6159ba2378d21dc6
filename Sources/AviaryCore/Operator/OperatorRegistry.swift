/// The operators a runtime knows. A value: a session takes a copy when a model is loaded.
public struct OperatorRegistry: Sendable {
  /// Types by identity, ordered by the first version they implement; ranges do not overlap.
  public private(set) var types: [OperatorID: [any Operator.Type]] = [:]

  public init() {}
  public init(_ types: [any Operator.Type]) throws(RegistryError) {
    for type in types { try register(type) }
  }

  /// - Throws: `RegistryError.duplicate` where a registered type covers one of the versions already.
  public mutating func register(_ type: any Operator.Type) throws(RegistryError) {
    var known = types[type.id] ?? []
    guard !known.contains(where: { $0.opsets.overlaps(type.opsets) }) else {
      throw .duplicate(type.id, type.opsets)
    }
    known.append(type)
    known.sort { $0.opsets.lowerBound < $1.opsets.lowerBound }
    types[type.id] = known
  }

  /// The type that implements an operator at an opset version, if any.
  public func type(for id: OperatorID, opset: Int) -> (any Operator.Type)? {
    types[id]?.first { $0.opsets.contains(opset) }
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
