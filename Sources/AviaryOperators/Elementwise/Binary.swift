import AviaryCore
import AviaryKernels

/// What sets one operator on two operands apart from another: its name, its types, its function.
protocol BinaryFunction: PairFunction {
  static var name: String { get }
  /// The first opset that has the operator.
  static var since: Int { get }
  /// Every element type that some version takes; both operands have the same.
  static var types: Set<ElementType> { get }
  /// Whether the output is bool instead of the operands' type.
  static var result: RowResult { get }
  /// The function on strings, where the operator takes them.
  static var strings: (@Sendable (String, String) -> Bool)? { get }
  init(attributes: inout Attributes, opset: Int) throws(ImportError)
}

extension BinaryFunction {
  static var since: Int { 1 }
  static var types: Set<ElementType> { .numbers }
  static var result: RowResult { .same }
  static var strings: (@Sendable (String, String) -> Bool)? { nil }
}

/// A binary function without attributes.
protocol PlainBinaryFunction: BinaryFunction { init() }

extension PlainBinaryFunction {
  init(attributes: inout Attributes, opset: Int) throws(ImportError) { self.init() }
}

/// y = f(a, b) for every pair of elements under multidirectional broadcasting; before opset 7 under
/// `LegacyBroadcast`.
struct Binary<F: BinaryFunction>: InPlaceOperator, BindingOperator {
  static var id: OperatorID { OperatorID(F.name) }
  static var opsets: ClosedRange<Int> { F.since...Opset.latest }
  let function: F
  let legacy: LegacyBroadcast?
  var overwritableInputs: [Int] { [0, 1] }

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    legacy = try LegacyBroadcast(attributes: &attributes, opset: opset)
    function = try F(attributes: &attributes, opset: opset)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try commonType(inputs, [0, 1], F.types)
    let shape = try pairShape(inputs, legacy)
    return [ValueInfo(F.result == .bool ? .bool : type, shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let broadcast = try pairBroadcast(context, legacy)
    let type = try context.input(0).elementType
    if type == .string, F.types.contains(.string), let strings = F.strings {
      return try runStrings(context, broadcast, strings)
    }
    let (_, a) = try context.operand(0, F.types)
    let (_, b) = try context.operand(1, [type])
    guard let compute = type.computeType else { throw .type(type, input: 0) }
    let y = try context.makeRow(0, F.result == .bool ? .bool : type, broadcast.shape.dims)
    evaluateBinary(
      function, a, b, y, over: broadcast, compute: compute, result: F.result, parallel: context.parallel)
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    _ = try commonType(inputs, [0, 1], F.types)
    guard let broadcast = try pairBroadcast(inputs, legacy) else { return nil }
    return BinaryKernel(function, inputs[0], inputs[1], over: broadcast, result: F.result)
  }

  private func runStrings(
    _ context: RunContext, _ broadcast: Broadcast, _ holds: (String, String) -> Bool
  ) throws(OperatorError) {
    let (a, b) = (try stringInput(context, 0), try stringInput(context, 1))
    let y = try context.make(0, broadcast.shape.dims, as: Bool.self)
    broadcast.forEachRow(Serial()) { offsets, start, count in
      for i in 0..<count {
        y[start + i] = holds(a[offsets[0] + i * broadcast.steps[0]], b[offsets[1] + i * broadcast.steps[1]])
      }
    }
  }
}

/// The strings of an input.
///
/// - Throws: `OperatorError.invalid` where it holds something else.
func stringInput(_ context: RunContext, _ index: Int) throws(OperatorError) -> [String] {
  let tensor = try context.input(index)
  do { return try tensor.strings() } catch { throw .invalid("input \(index): \(error)") }
}

/// The element type that several inputs share, where known.
///
/// - Throws: `OperatorError` where one is not allowed or two differ.
func commonType(
  _ inputs: [ValueInfo], _ indices: [Int], _ allowed: Set<ElementType>
) throws(OperatorError) -> ElementType? {
  var common: ElementType?
  for index in indices {
    guard let type = try checkedType(inputs, index, allowed) else { continue }
    if let common, common != type {
      throw .invalid("inputs have different element types, \(common.name) and \(type.name)")
    }
    common = type
  }
  return common
}

/// The output shape of an operator with two operands, as far as it is known.
func pairShape(_ inputs: [ValueInfo], _ legacy: LegacyBroadcast?) throws(OperatorError) -> SymbolicShape {
  let (a, b) = (try inputs.required(0).shape, try inputs.required(1).shape)
  guard let legacy else { return try broadcastShape([a, b]) }
  // Before opset 7 the output always has the first operand's shape.
  if let aDims = a.known, let bDims = b.known { _ = try legacy.aligned(bDims, to: aDims) }
  return a
}

/// How two operands walk over the output, where their shapes are known.
func pairBroadcast(_ inputs: [ValueInfo], _ legacy: LegacyBroadcast?) throws(OperatorError) -> Broadcast? {
  guard let a = try inputs.required(0).knownShape, let b = try inputs.required(1).knownShape else { return nil }
  return try pairBroadcast(a, b, legacy)
}

/// How the two operands of a run walk over the output.
func pairBroadcast(_ context: RunContext, _ legacy: LegacyBroadcast?) throws(OperatorError) -> Broadcast {
  try pairBroadcast(try context.input(0).shape, try context.input(1).shape, legacy)
}

private func pairBroadcast(_ a: Shape, _ b: Shape, _ legacy: LegacyBroadcast?) throws(OperatorError) -> Broadcast {
  guard let legacy else { return try Broadcast([a, b]) }
  return try Broadcast([a, makeShape(try legacy.aligned(b.dims, to: a.dims))])
}
