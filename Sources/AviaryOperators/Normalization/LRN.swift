import AviaryCore
import AviaryKernels

/// Y = X / (bias + alpha / size * sum of X^2 over `size` neighbouring channels)^beta.
///
/// Spec: LRN. Versions 1 and 13 differ in element types only.
struct LRN: Operator {
  static let id = OperatorID("LRN")
  static let opsets = 1...Opset.latest

  private let size: Int
  private let alpha: Double
  private let beta: Double
  private let bias: Double

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    size = try attributes.int("size").required("size")
    alpha = Double(try attributes.float("alpha", default: 1e-4))
    beta = Double(try attributes.float("beta", default: 0.75))
    bias = Double(try attributes.float("bias", default: 1))
    guard size >= 1 else { throw ImportError(.invalidAttribute, "attribute 'size' is \(size)") }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, .reals)
    let shape = try inputs.required(0).shape
    if let rank = shape.rank, rank < 2 { throw .rank(rank, input: 0, needs: "2 or more") }
    return [ValueInfo(type, shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, compute) = try context.typedInput(0, .reals)
    let dims = x.shape.dims
    guard dims.count >= 2 else { throw .rank(dims.count, input: 0, needs: "2 or more") }
    let input = try context.address(of: x, in: compute)
    try context.makeResult(0, x.elementType, dims, in: compute) { output throws(OperatorError) in
      LocalResponse.run(
        isDouble: compute == .double, x: input, y: output, batch: dims[0], channels: dims[1],
        area: dims.dropFirst(2).reduce(1, *), size: size, alpha: alpha, beta: beta, bias: bias,
        parallel: context.parallel)
    }
  }
}
