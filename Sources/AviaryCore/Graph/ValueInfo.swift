/// What is known of a value before it exists: its type, its shape as far as known, and its content where
/// that is constant (Reshape, Slice and Range need it).
public struct ValueInfo: Sendable {
  public var type: ValueType
  /// The content, where it is the same in every run (of this plan).
  public var constant: Value?
  /// An optional input or output that the model leaves out.
  public var isAbsent: Bool

  public init(_ type: ValueType, constant: Value? = nil) {
    self.type = type
    self.constant = constant
    self.isAbsent = false
  }

  /// A tensor of a type and shape, either of which may be unknown.
  public init(_ elementType: ElementType?, _ shape: SymbolicShape) { self.init(.tensor(elementType, shape)) }

  /// A tensor whose extents are all known.
  public init(_ elementType: ElementType?, _ dims: [Int]) {
    self.init(.tensor(elementType, SymbolicShape(known: dims)))
  }

  /// A value whose content is known.
  public init(constant: Value) { self.init(constant.type, constant: constant) }

  public static let unknown = ValueInfo(.unknown)
  public static let absent: ValueInfo = {
    var info = ValueInfo(.unknown)
    info.isAbsent = true
    return info
  }()

  /// The element type, where this is a tensor and the type is known.
  public var elementType: ElementType? {
    if case .tensor(let type, _) = type { type } else { nil }
  }
  /// The shape, as far as known; `.unknown` for anything but a tensor.
  public var shape: SymbolicShape {
    if case .tensor(_, let shape) = type { shape } else { .unknown }
  }
  public var rank: Int? { shape.rank }
  /// The constant tensor, where the content is known.
  public var tensor: Tensor? { constant?.tensor }
  /// The content of a constant integer tensor (a shape, axes), where known and representable.
  public var integers: [Int]? { tensor.flatMap { try? $0.integers() } }
}

extension [ValueInfo] {
  /// The input at `index`; `nil` where it is absent or beyond the end (an omitted optional input).
  public func at(_ index: Int) -> ValueInfo? {
    guard indices.contains(index), !self[index].isAbsent else { return nil }
    return self[index]
  }

  /// The input at `index`.
  ///
  /// - Throws: `OperatorError.missingInput` where the model leaves it out.
  public func required(_ index: Int) throws(OperatorError) -> ValueInfo {
    guard let info = at(index) else { throw .missingInput(index) }
    return info
  }
}
