import AviaryCore

/// A tensor of the input's shape (and type, unless `dtype` says another) with draws from
/// the normal distribution with `mean` and `scale` (its deviation).
///
/// Spec: RandomNormalLike. Versions 1 and 22 differ in element types only.
struct RandomNormalLike: Operator {
  static let id = OperatorID("RandomNormalLike")
  static let opsets = 1...Opset.latest
  var isDeterministic: Bool { false }

  private let distribution: RandomDistribution
  private let type: ElementType?

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    distribution = try RandomDistribution(attributes: &attributes, .normal)
    type = try attributes.optionalType("dtype", .reals)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try type.or(checkedType(inputs, 0, .reals))
    return [ValueInfo(type, try inputs.required(0).shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let like = try context.input(0)
    let type = type ?? like.elementType
    guard Set<ElementType>.reals.contains(type) else { throw .type(type, input: 0) }
    try distribution.run(context, type, like.shape.dims)
  }
}
