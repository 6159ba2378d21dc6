import AviaryCore
import AviaryKernels

/// Y[n, c, o] = the mean of the window at o, over the elements inside X or, with `count_include_pad`, over
/// those in the padding (0) too.
///
/// Spec: AveragePool. Version 7 brings `count_include_pad`, 10 `ceil_mode`, 19 dilations. Elements beyond the
/// padding, which the last window of `ceil_mode` may reach, are never counted.
struct AveragePool: Operator {
  static let id = OperatorID("AveragePool")
  static let opsets = 1...Opset.latest

  private let pool: PoolWindow
  private let includePadding: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    pool = try PoolWindow(attributes: &attributes)
    includePadding = try attributes.bool("count_include_pad", default: false)
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
      kernel.average(
        input, output, isDouble: compute == .double, includePadding: includePadding,
        parallel: context.parallel)
    }
  }
}
