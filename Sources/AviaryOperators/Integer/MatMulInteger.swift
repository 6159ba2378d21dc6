import AviaryCore
import AviaryKernels

/// Y = (A - a_zero_point) (B - b_zero_point) in 32-bit integers, as numpy.matmul.
///
/// Spec: MatMulInteger. The zero point of A is one number or one a row, that of B one number or one a column.
struct MatMulInteger: PreparingOperator {
  static let id = OperatorID("MatMulInteger")
  static let opsets = 10...Opset.latest

  private var matrices = IntegerMatrices()

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {}

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    for index in 0..<2 {
      let type = try checkedType(inputs, index, .bytes)
      if let type, inputs.at(index + 2) != nil { _ = try checkedType(inputs, index + 2, [type]) }
    }
    return [ValueInfo(.int32, try productShape(inputs[0].shape, inputs[1].shape))]
  }

  func prepared(_ inputs: [ValueInfo]) throws(OperatorError) -> any Operator {
    var prepared = self
    let zeros: Tensor?? = inputs.at(3) == nil ? .some(nil) : inputs.at(3)?.tensor.map { .some($0) }
    prepared.matrices = try matrices.prepared(inputs.at(1)?.tensor, zeros: zeros)
    return prepared
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (a, b) = (try context.byteInput(0), try context.byteInput(1))
    let sizes = try MatMulSizes(a.shape.dims, b.shape.dims)
    let zeros = IntegerMatrices.Zeros(
      a: try IntegerMatrices.values(
        context.zeroPoints(2, of: a.elementType), context.optionalInput(2)?.shape ?? .scalar, a.shape.dims, axis: 0,
        input: 2),
      b: try IntegerMatrices.values(
        context.zeroPoints(3, of: b.elementType), context.optionalInput(3)?.shape ?? .scalar, b.shape.dims, axis: 1,
        input: 3))
    let y = try context.make(0, sizes.output, as: Int32.self)
    guard y.count > 0, let target = y.baseAddress else { return }
    try matrices.run(context, a: a, b: b, sizes: sizes, zeros: zeros) { index in
      (.sums(.init(target + index * sizes.m * sizes.n)), nil)
    }
  }
}

/// The shape of a product of matrices as numpy.matmul has it, as far as known.
func productShape(_ a: SymbolicShape, _ b: SymbolicShape) throws(OperatorError) -> SymbolicShape {
  guard let aDims = a.dims, let bDims = b.dims else { return .unknown }
  guard let aLast = aDims.last, let bLast = bDims.last else {
    throw .invalid("a factor is a scalar; a product needs at least one axis")
  }
  guard !aLast.contradicts(bDims.count == 1 ? bLast : bDims[bDims.count - 2]) else {
    throw .invalid("shapes \(a) and \(b) do not multiply: the last axis of the first must match the second's")
  }
  let batch = try broadcastShape([
    SymbolicShape(Array(aDims.dropLast(2))), SymbolicShape(Array(bDims.dropLast(2))),
  ])
  guard var dims = batch.dims else { return .unknown }
  if aDims.count > 1 { dims.append(aDims[aDims.count - 2]) }
  if bDims.count > 1 { dims.append(bLast) }
  return SymbolicShape(dims)
}
