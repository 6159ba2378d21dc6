import AviaryCore
import AviaryKernels

/// Y[n, c, o] = (sum of |x|^p over the window at o)^(1/p); padding counts as 0.
///
/// Spec: LpPool. `p` is a float in version 1 and an integer since 2; version 18 brings dilations and
/// `ceil_mode`.
struct LpPool: Operator {
  static let id = OperatorID("LpPool")
  static let opsets = 1...Opset.latest

  private let pool: PoolWindow
  private let p: Double

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    pool = try PoolWindow(attributes: &attributes)
    p = try Self.exponent(&attributes, opset: opset)
  }

  /// The attribute `p`, as LpPool and GlobalLpPool have it.
  static func exponent(_ attributes: inout Attributes, opset: Int) throws(ImportError) -> Double {
    let p =
      try opset < 2 ? Double(attributes.float("p", default: 2)) : Double(attributes.int("p", default: 2))
    guard p > 0 else { throw ImportError(.invalidAttribute, "attribute 'p' is \(p), must be above 0") }
    return p
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, .reals)
    return [ValueInfo(type, try pool.infer(inputs.required(0).shape))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, compute) = try context.typedInput(0, .reals)
    let (axes, dims) = try pool.geometry(x.shape.dims)
    let kernel = Pool(planes: try product(dims[0], dims[1]), axes: axes)
    let input = try context.address(of: x, in: compute)
    try context.makeResult(0, x.elementType, dims, in: compute) { output throws(OperatorError) in
      kernel.norm(input, output, isDouble: compute == .double, p: p, parallel: context.parallel)
    }
  }
}
