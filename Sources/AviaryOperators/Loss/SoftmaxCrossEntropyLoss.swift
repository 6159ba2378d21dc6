import AviaryCore
import AviaryKernels

/// The negative log-likelihood of log(softmax(scores)) over axis 1; the second output is that logarithm.
///
/// Spec: SoftmaxCrossEntropyLoss. Versions 12 and 13 differ in element types only.
struct SoftmaxCrossEntropyLoss: Operator {
  static let id = OperatorID("SoftmaxCrossEntropyLoss")
  static let opsets = 12...Opset.latest

  private let reduction: LossReduction

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    reduction = try LossReduction(attributes: &attributes)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, .reals)
    return [try reduction.infer(inputs, type), ValueInfo(type, inputs[0].shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, compute) = try context.typedInput(0, .reals)
    guard x.shape.rank >= 2 else { throw .rank(x.shape.rank, input: 0, needs: "2 or more") }
    if compute == .double { try run(context, x, as: Double.self) } else { try run(context, x, as: Float.self) }
  }

  private func run<T: RealElement>(_ context: RunContext, _ x: Tensor, as type: T.Type) throws(OperatorError) {
    let scores = try context.elements(of: x, as: T.self)
    let memory = try context.scratch(x.count, of: T.self)
    guard let from = scores.baseAddress, let logs = memory.baseAddress else { throw .invalid("no scratch memory") }
    let (classes, area) = (x.shape[1], x.shape.product(2..<x.shape.rank))
    logSoftmax(from, logs, outer: x.shape[0], classes: classes, area: area, parallel: context.parallel)
    try reduction.run(context, x, logs: UnsafePointer(logs), as: T.self)
    guard context.wants(1) else { return }
    try context.makeResult(1, x.elementType, x.shape.dims, as: T.self) { y in
      y.baseAddress?.update(from: logs, count: x.count)
    }
  }

  /// logs = x - max - log(sum of exp(x - max)) over the classes of each position.
  private func logSoftmax<T: RealElement>(
    _ x: UnsafePointer<T>, _ logs: UnsafeMutablePointer<T>, outer: Int, classes: Int, area: Int,
    parallel: any Parallel
  ) {
    parallel.forEach(outer * area, grain: max(1, 4096 / max(1, classes))) { range in
      for index in range {
        let (n, position) = index.quotientAndRemainder(dividingBy: area)
        let start = n * classes * area + position
        var most = -T.infinity
        for c in 0..<classes { most = most.maximum(x[start + c * area]) }
        var sum = T.zero
        for c in 0..<classes { sum += T.exp(x[start + c * area] - most) }
        let log = T.log(sum) + most
        for c in 0..<classes { logs[start + c * area] = x[start + c * area] - log }
      }
    }
  }
}
