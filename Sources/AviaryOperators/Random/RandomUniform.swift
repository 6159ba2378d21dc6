import AviaryCore

/// A tensor of `shape` with draws from the uniform distribution from `low` to `high`.
///
/// Spec: RandomUniform. Versions 1 and 22 differ in element types only. Without `seed` every run draws anew.
struct RandomUniform: Operator {
  static let id = OperatorID("RandomUniform")
  static let opsets = 1...Opset.latest
  var isDeterministic: Bool { false }

  private let distribution: RandomDistribution
  private let type: ElementType
  private let dims: [Int]

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    distribution = try RandomDistribution(attributes: &attributes, .uniform)
    type = try attributes.optionalType("dtype", .reals) ?? .float
    dims = try attributes.ints("shape").required("shape")
    guard dims.allSatisfy({ $0 >= 0 }) else {
      throw ImportError(.invalidAttribute, "attribute 'shape' is \(dims), extents must not be negative")
    }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] { [ValueInfo(type, try makeShape(dims).dims)] }

  func run(_ context: RunContext) throws(OperatorError) { try distribution.run(context, type, dims) }
}
