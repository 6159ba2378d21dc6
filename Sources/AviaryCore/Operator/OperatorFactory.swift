/// What makes an operator from a node's attributes: a Swift type, or a function where the operator's name is
/// known only at run time (an operator of a loaded plugin).
public struct OperatorFactory: Sendable {
  public typealias Body = @Sendable (inout Attributes, Int) throws(ImportError) -> any Operator

  /// Domain and name.
  public let id: OperatorID
  /// The opset versions that it makes operators for.
  public let opsets: ClosedRange<Int>
  /// The type behind it, where there is one that says its own name.
  public let type: (any Operator.Type)?
  private let body: Body

  public init(_ type: any Operator.Type) {
    id = type.id
    opsets = type.opsets
    self.type = type
    body = { (attributes, opset) throws(ImportError) in try type.init(attributes: &attributes, opset: opset) }
  }

  public init(id: OperatorID, opsets: ClosedRange<Int>, body: @escaping Body) {
    self.id = id
    self.opsets = opsets
    type = nil
    self.body = body
  }

  /// - Throws: `ImportError` (`invalidAttribute`) for attributes that the operator refuses.
  public func make(_ attributes: inout Attributes, opset: Int) throws(ImportError) -> any Operator {
    try body(&attributes, opset)
  }
}
