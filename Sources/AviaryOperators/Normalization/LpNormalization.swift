import AviaryCore
import AviaryKernels

/// Y = X / (sum of |X|^p)^(1/p) along one axis, p being 1 or 2; 0 where the norm is 0.
///
/// Spec: LpNormalization. Versions 1 and 22 differ in element types only.
struct LpNormalization: Operator {
  static let id = OperatorID("LpNormalization")
  static let opsets = 1...Opset.latest

  private let axis: Int
  private let p: Int

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    axis = try attributes.int("axis", default: -1)
    p = try attributes.int("p", default: 2)
    guard p == 1 || p == 2 else { throw ImportError(.invalidAttribute, "attribute 'p' is \(p), must be 1 or 2") }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, .reals)
    if let rank = inputs[0].rank { _ = try normalizedAxis(axis, rank: rank) }
    return [ValueInfo(type, inputs[0].shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, compute) = try context.typedInput(0, .reals)
    let axis = try normalizedAxis(axis, rank: x.shape.rank)
    let lines = AxisGeometry(x.shape, axis: axis)
    let input = try context.address(of: x, in: compute)
    try context.makeResult(0, x.elementType, x.shape.dims, in: compute) { output throws(OperatorError) in
      LpNormalize.run(
        isDouble: compute == .double, x: input, y: output, lines: lines, isSquared: p == 2,
        parallel: context.parallel)
    }
  }
}
