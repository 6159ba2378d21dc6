import AviaryCore

/// What RandomNormal and RandomUniform differ in, and their Like forms.
protocol RandomKind: Sendable {
  static var name: String { get }
  static var distribution: RandomDistribution.Kind { get }
}

enum NormalKind: RandomKind {
  static let name = "RandomNormal"
  static let distribution = RandomDistribution.Kind.normal
}

enum UniformKind: RandomKind {
  static let name = "RandomUniform"
  static let distribution = RandomDistribution.Kind.uniform
}

/// A tensor of `shape` with draws from the normal distribution with `mean` and `scale` (its deviation), or from the
/// uniform one from `low` to `high`.
///
/// Spec: RandomNormal, RandomUniform. Versions 1 and 22 differ in element types only. Without `seed` every run draws
/// anew.
struct RandomShape<Kind: RandomKind>: Operator {
  static var id: OperatorID { OperatorID(Kind.name) }
  static var opsets: ClosedRange<Int> { 1...Opset.latest }
  var isDeterministic: Bool { false }

  private let distribution: RandomDistribution
  private let type: ElementType
  private let dims: [Int]

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    distribution = try RandomDistribution(attributes: &attributes, Kind.distribution)
    type = try attributes.optionalType("dtype", .reals) ?? .float
    dims = try attributes.ints("shape").required("shape")
    guard dims.allSatisfy({ $0 >= 0 }) else {
      throw ImportError(.invalidAttribute, "attribute 'shape' is \(dims), extents must not be negative")
    }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] { [ValueInfo(type, try makeShape(dims).dims)] }

  func run(_ context: RunContext) throws(OperatorError) { try distribution.run(context, type, dims) }
}

/// The same of the input's shape, and of its type unless `dtype` says another.
///
/// Spec: RandomNormalLike, RandomUniformLike. Versions 1 and 22 differ in element types only.
struct RandomShapeLike<Kind: RandomKind>: Operator {
  static var id: OperatorID { OperatorID(Kind.name + "Like") }
  static var opsets: ClosedRange<Int> { 1...Opset.latest }
  var isDeterministic: Bool { false }

  private let distribution: RandomDistribution
  private let type: ElementType?

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    distribution = try RandomDistribution(attributes: &attributes, Kind.distribution)
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
