/// An operator of a graph: decoded attributes, what it makes of shapes, and what it computes.
///
/// A conforming type is one row of the ONNX operator table over a range of versions; two types only where
/// semantics differ. It is created once per node when a model is loaded and may be run by several threads
/// at once, so it holds nothing mutable. See Sources/AviaryOperators/README.md for how to add one.
public protocol Operator: Sendable {
  /// Domain and name.
  static var id: OperatorID { get }
  /// The opset versions that this type implements.
  static var opsets: ClosedRange<Int> { get }

  /// Decodes the attributes, with their defaults.
  ///
  /// - Throws: `ImportError` (`invalidAttribute`); the importer adds file and node.
  init(attributes: inout Attributes, opset: Int) throws(ImportError)

  /// What is known of the outputs, given what is known of the inputs. Returns one entry per output.
  /// Inputs may be entirely unknown; say as much as follows. Throws where the inputs cannot be.
  ///
  /// Where all inputs are constant the runtime runs the operator instead of asking, so constants need no
  /// treatment here except where they determine a shape.
  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo]

  /// Computes the outputs from `context.input(_:)` and sets each wanted one.
  func run(_ context: RunContext) throws(OperatorError)

  /// Whether equal inputs give equal outputs. Random operators say no and are never folded.
  var isDeterministic: Bool { get }
}

extension Operator {
  public var isDeterministic: Bool { true }
}

/// An operator that turns constant inputs (weights) into another form once, when the model is loaded.
public protocol PreparingOperator: Operator {
  /// The operator that will run in place of this one. Entries of `inputs` that carry a `constant` never
  /// change between runs; their prepared form belongs in the result.
  func prepared(_ inputs: [ValueInfo]) throws(OperatorError) -> any Operator

  /// Inputs that the prepared operator no longer reads, whose memory the session may let go.
  var consumedInputs: Set<Int> { get }
}

extension PreparingOperator {
  public var consumedInputs: Set<Int> { [] }
}

/// An operator whose first output is its input `viewedInput` under another shape: no bytes move. `run`
/// sets the output to `tensor.reshaped(to:)`; the planner keeps the memory alive for both.
public protocol ViewOperator: Operator {
  var viewedInput: Int { get }
}

/// An operator that may write its first output over one of these inputs, when nobody else needs that input
/// and both have the same number of bytes: element `i` of the output depends on no later-written element.
public protocol InPlaceOperator: Operator {
  var overwritableInputs: [Int] { get }
}

/// A subgraph of an operator, ready to run.
public protocol Subgraph: Sendable {
  /// What is known of its outputs.
  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo]
  /// Runs it. Values of enclosing graphs are bound already.
  func run(_ inputs: [Value]) throws(OperatorError) -> [Value]
}

/// An operator with graphs among its attributes: If, Loop, Scan. The plain `infer` and `run` are never
/// called; the ones with subgraphs (by attribute name) are.
public protocol SubgraphOperator: Operator {
  func infer(_ inputs: [ValueInfo], subgraphs: [String: any Subgraph]) throws(OperatorError) -> [ValueInfo]
  func run(_ context: RunContext, subgraphs: [String: any Subgraph]) throws(OperatorError)
}

extension SubgraphOperator {
  public func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    try infer(inputs, subgraphs: [:])
  }
  public func run(_ context: RunContext) throws(OperatorError) { try run(context, subgraphs: [:]) }
}
