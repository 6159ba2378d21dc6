import AviaryCore

/// The outputs of `then_branch` where the condition holds, of `else_branch` otherwise.
///
/// ONNX `If`, all versions. Branches take no inputs; they read values of the enclosing graphs by name.
struct If: SubgraphOperator {
  static let id = OperatorID("If")
  static let opsets = 1...Opset.latest

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    _ = try attributes.graph(Self.thenBranch).required(Self.thenBranch)
    _ = try attributes.graph(Self.elseBranch).required(Self.elseBranch)
  }

  private static let thenBranch = "then_branch"
  private static let elseBranch = "else_branch"

  func infer(
    _ inputs: [ValueInfo], subgraphs: [String: any Subgraph]
  ) throws(OperatorError) -> [ValueInfo] {
    let condition = try inputs.required(0)
    if let tensor = condition.tensor {
      return try branch(tensor, subgraphs).infer([])
    }
    guard let yes = subgraphs[Self.thenBranch], let no = subgraphs[Self.elseBranch] else { return [] }
    // Only the branch that is taken has to fit the shapes at hand: models choose by a condition between parts
    // for different inputs.
    guard let a = try? yes.infer([]) else { return try no.infer([]) }
    guard let b = try? no.infer([]) else { return a }
    guard a.count == b.count else {
      throw .invalid("then_branch has \(a.count) outputs, else_branch \(b.count)")
    }
    return zip(a, b).map { ValueInfo($0.type.joined(with: $1.type)) }
  }

  func run(_ context: RunContext, subgraphs: [String: any Subgraph]) throws(OperatorError) {
    let outputs = try branch(context.input(0), subgraphs).run([])
    guard outputs.count >= context.outputs.count else {
      throw .invalid("the branch has \(outputs.count) outputs, the node \(context.outputs.count)")
    }
    for (index, output) in outputs.enumerated() { context.set(index, output) }
  }

  private func branch(
    _ condition: Tensor, _ subgraphs: [String: any Subgraph]
  ) throws(OperatorError) -> any Subgraph {
    guard condition.elementType == .bool else { throw .type(condition.elementType, input: 0) }
    let name = try integerScalar(condition, input: 0) != 0 ? Self.thenBranch : Self.elseBranch
    guard let branch = subgraphs[name] else { throw .invalid("the graph '\(name)' is missing") }
    return branch
  }
}

extension ValueType {
  /// What holds of a value that is either of the one type or the other.
  func joined(with other: ValueType) -> ValueType {
    switch (self, other) {
    case (.tensor(let a, let shape), .tensor(let b, let otherShape)):
      .tensor(a == b ? a : nil, shape.joined(with: otherShape))
    case (.sparseTensor(let a, let shape), .sparseTensor(let b, let otherShape)):
      .sparseTensor(a == b ? a : nil, shape.joined(with: otherShape))
    case (.sequence(let a), .sequence(let b)): .sequence(a.joined(with: b))
    case (.optional(let a), .optional(let b)): .optional(a.joined(with: b))
    default: self == other ? self : .unknown
    }
  }
}
