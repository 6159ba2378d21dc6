import AviaryCore
import AviaryKernels

/// loss[n, d...] = -input[n, target[n, d...], d...] * weight[target[n, d...]], or the sum or weighted mean of all.
///
/// Spec: NegativeLogLikelihoodLoss. Versions 12, 13 and 22 differ in element types only.
struct NegativeLogLikelihoodLoss: Operator {
  static let id = OperatorID("NegativeLogLikelihoodLoss")
  static let opsets = 12...Opset.latest

  private let reduction: LossReduction

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    reduction = try LossReduction(attributes: &attributes)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    [try reduction.infer(inputs, checkedType(inputs, 0, .reals))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, compute) = try context.typedInput(0, .reals)
    guard x.shape.rank >= 2 else { throw .rank(x.shape.rank, input: 0, needs: "2 or more") }
    let logs = try context.address(of: x, in: compute)
    if compute == .double {
      try reduction.run(context, x, logs: logs.assumingMemoryBound(to: Double.self), as: Double.self)
    } else {
      try reduction.run(context, x, logs: logs.assumingMemoryBound(to: Float.self), as: Float.self)
    }
  }
}
