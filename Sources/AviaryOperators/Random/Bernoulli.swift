import AviaryCore
import AviaryKernels

/// 1 with the probability that the input gives, 0 otherwise.
///
/// Spec: Bernoulli. Versions 15 and 22 differ in element types only. Without `seed` every run draws anew.
struct Bernoulli: Operator {
  static let id = OperatorID("Bernoulli")
  static let opsets = 15...Opset.latest
  var isDeterministic: Bool { false }

  private let source: RandomSource
  private let type: ElementType?

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    source = try RandomSource(attributes: &attributes)
    type = try attributes.optionalType("dtype", Set.numbers.union([.bool]))
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let own = try checkedType(inputs, 0, .reals)
    return [ValueInfo(type ?? own, inputs[0].shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, _) = try context.typedInput(0, .reals)
    let chances = try context.elements(of: x, as: Double.self)
    if let wrong = chances.first(where: { !($0 >= 0 && $0 <= 1) }) {
      throw .invalid("input 0 holds \(wrong), which is no probability")
    }
    try context.makeResult(0, type ?? x.elementType, x.shape.dims, as: Double.self) { y in
      var generator = source.generator()
      for i in y.indices {
        // Numpy counts the rarer outcome.
        let (p, draw) = (chances[i], generator.uniform())
        y[i] = (p <= 0.5 ? draw > 1 - p : draw <= p) ? 1 : 0
      }
    }
  }
}
