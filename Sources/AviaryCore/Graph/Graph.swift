/// A dataflow graph: a model's, or the body of an operator such as If.
///
/// Nodes are in topological order once `validated(outerNames:)` has run.
public struct Graph: Sendable {
  /// A named input, output or inner value with its declared type.
  public struct Declaration: Sendable {
    public var name: String
    public var type: ValueType
    public init(name: String, type: ValueType) {
      self.name = name
      self.type = type
    }
  }

  public var name: String
  /// What a caller must give: declared inputs that have no initializer.
  public var inputs: [Declaration]
  /// Inputs that have a default (an initializer of the same name); a caller may override them.
  public var defaultedInputs: [Declaration]
  public var outputs: [Declaration]
  public var nodes: [Node]
  /// Constant values by name: weights.
  public var initializers: [String: Tensor]
  /// Types the model declares for inner values (`value_info`), by name. A hint, not a promise.
  public var declarations: [String: ValueType]

  public init(
    name: String = "", inputs: [Declaration] = [], defaultedInputs: [Declaration] = [],
    outputs: [Declaration] = [], nodes: [Node] = [], initializers: [String: Tensor] = [:],
    declarations: [String: ValueType] = [:]
  ) {
    self.name = name
    self.inputs = inputs
    self.defaultedInputs = defaultedInputs
    self.outputs = outputs
    self.nodes = nodes
    self.initializers = initializers
    self.declarations = declarations
  }
}
