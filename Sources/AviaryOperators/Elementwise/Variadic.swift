import AviaryCore
import AviaryKernels

/// What sets one operator on any number of operands apart from another.
protocol VariadicFunction: NumberPairFunction {
  static var name: String { get }
  /// Every element type that some version takes.
  static var types: Set<ElementType> { get }
  /// What follows the accumulation of `count` operands.
  static func finish(count: Int) -> (any RowFunction)?
  init()
}

extension VariadicFunction {
  static func finish(count: Int) -> (any RowFunction)? { nil }
}

/// y = f(x0, x1, ...) for at least one operand, under multidirectional broadcasting (before opset 8 all
/// operands have one shape).
struct Variadic<F: VariadicFunction>: InPlaceOperator, BindingOperator {
  static var id: OperatorID { OperatorID(F.name) }
  static var opsets: ClosedRange<Int> { 1...Opset.latest }
  var overwritableInputs: [Int] { [0, 1] }

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    if opset < 6 { attributes.ignore("consumed_inputs") }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    guard !inputs.isEmpty else { throw .missingInput(0) }
    let type = try commonType(inputs, Array(inputs.indices), F.types)
    return [ValueInfo(type, try broadcastShape(inputs.map(\.shape)))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let type = try context.input(0).elementType
    guard F.types.contains(type), let compute = type.computeType else { throw .type(type, input: 0) }
    var rows: [ElementRow] = []
    var shapes: [Shape] = []
    for index in context.inputs.indices {
      let (tensor, row) = try context.operand(index, [type])
      rows.append(row)
      shapes.append(tensor.shape)
    }
    let broadcast = try Broadcast(shapes)
    let y = try context.makeRow(0, type, broadcast.shape.dims)
    evaluateVariadic(
      F(), rows, y, over: broadcast, compute: compute, finish: F.finish(count: rows.count),
      parallel: context.parallel)
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    try VariadicKernel(F(), finish: F.finish(count: inputs.count), inputs)
  }
}

struct Sum: VariadicFunction {
  static let name = "Sum"
  static let types = Set.reals
  func apply<T: ComputeElement>(_ a: T, _ b: T) -> T { a.plus(b) }
}

struct Mean: VariadicFunction {
  static let name = "Mean"
  static let types = Set.reals
  func apply<T: ComputeElement>(_ a: T, _ b: T) -> T { a.plus(b) }
  static func finish(count: Int) -> (any RowFunction)? { Quotient(divisor: count) }

  private struct Quotient: RealFunction {
    let divisor: Int
    func apply<T: RealElement>(_ x: T) -> T { x / T(divisor) }
  }
}

/// NaN where any operand is.
struct Max: VariadicFunction {
  static let name = "Max"
  static let types = Set.numbers
  func apply<T: ComputeElement>(_ a: T, _ b: T) -> T { a.maximum(b) }
}

/// NaN where any operand is.
struct Min: VariadicFunction {
  static let name = "Min"
  static let types = Set.numbers
  func apply<T: ComputeElement>(_ a: T, _ b: T) -> T { a.minimum(b) }
}
