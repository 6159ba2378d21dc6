import AviaryCore
import AviaryKernels

/// What sets one unary element-wise operator apart from another: its name, its types, its function.
protocol UnaryFunction: RowFunction {
  static var name: String { get }
  /// The first opset that has the operator.
  static var since: Int { get }
  /// Every element type that some version takes.
  static var types: Set<ElementType> { get }
  /// Whether the output is bool instead of the input's type.
  static var result: RowResult { get }
  /// Where elements of a type are computed.
  static func compute(_ type: ElementType) -> ComputeType?
  init(attributes: inout Attributes, opset: Int) throws(ImportError)
}

extension UnaryFunction {
  static var since: Int { 1 }
  static var types: Set<ElementType> { .reals }
  static var result: RowResult { .same }
  static func compute(_ type: ElementType) -> ComputeType? { type.computeType }
}

/// A unary function without attributes.
protocol PlainUnaryFunction: UnaryFunction { init() }

extension PlainUnaryFunction {
  init(attributes: inout Attributes, opset: Int) throws(ImportError) { self.init() }
}

/// y = f(x) for every element; the output has the input's shape.
struct Unary<F: UnaryFunction>: InPlaceOperator, BindingOperator {
  static var id: OperatorID { OperatorID(F.name) }
  static var opsets: ClosedRange<Int> { F.since...Opset.latest }
  let function: F
  var overwritableInputs: [Int] { [0] }

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    // Memory hints of opset 1.
    if opset < 6 { attributes.ignore("consumed_inputs") }
    function = try F(attributes: &attributes, opset: opset)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, F.types)
    return [ValueInfo(F.result == .bool ? .bool : type, inputs[0].shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, row) = try context.operand(0, F.types)
    guard let compute = F.compute(x.elementType) else { throw .type(x.elementType, input: 0) }
    let y = try context.makeRow(0, F.result == .bool ? .bool : x.elementType, x.shape.dims)
    evaluateUnary(
      function, row, y, count: x.count, compute: compute, result: F.result, parallel: context.parallel)
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    let info = try inputs.required(0)
    guard info.elementType == .float, F.result == .same, F.types.contains(.float),
      F.compute(.float) == .float, let dims = info.shape.known
    else { return nil }
    let count = try checked { () throws(TensorError) in try Shape(dims) }.count
    return BoundUnary(function: function, count: count, name: F.name)
  }
}

private struct BoundUnary<F: UnaryFunction>: BoundKernel {
  let function: F
  let count: Int
  let name: String
  var choice: KernelChoice { KernelChoice(name) }

  func run(_ io: KernelIO) {
    guard let x = io.input(0), let y = io.output(0) else { return }
    io.parallel.forEach(count, grain: 8192) { range in
      function.row(.float, x + range.lowerBound, y + range.lowerBound, range.count)
    }
  }
}
