import AviaryCore
import AviaryKernels

/// Y = A * sigmoid(alpha A) * B, for a gate A and values B of one shape.
///
/// Spec: SwiGLU.
struct SwiGLU: BindingOperator, InPlaceOperator {
  static let id = OperatorID("SwiGLU")
  static let opsets = 28...Opset.latest
  var overwritableInputs: [Int] { [0, 1] }

  private let gate: SwishGate

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    gate = SwishGate(alpha: try attributes.float("alpha", default: 1))
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try commonType(inputs, [0, 1], .reals)
    let (a, b) = (inputs[0].shape, inputs[1].shape)
    guard let dims = a.dims, let others = b.dims else { return [ValueInfo(type, a.dims == nil ? b : a)] }
    guard dims.count == others.count, !zip(dims, others).contains(where: { $0.contradicts($1) }) else {
      throw mismatch(a.description, b.description)
    }
    return [ValueInfo(type, SymbolicShape(zip(dims, others).map { $0.merged(with: $1) }))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (a, gates) = try context.operand(0, .reals)
    let (b, values) = try context.operand(1, [a.elementType])
    guard a.shape == b.shape else { throw mismatch(a.shape.description, b.shape.description) }
    guard let compute = a.elementType.computeType else { throw .type(a.elementType, input: 0) }
    let y = try context.makeRow(0, a.elementType, a.shape.dims)
    evaluateBinary(
      gate, gates, values, y, over: try Broadcast([a.shape, b.shape]), compute: compute, parallel: context.parallel)
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    guard let a = try inputs.required(0).knownShape, let b = try inputs.required(1).knownShape else { return nil }
    guard a == b else { throw mismatch(a.description, b.description) }
    return BinaryKernel(gate, inputs[0], inputs[1], over: try Broadcast([a, b]))
  }

  private func mismatch(_ a: String, _ b: String) -> OperatorError {
    .invalid("the gate has shape \(a), the values have \(b): they must be the same")
  }
}
