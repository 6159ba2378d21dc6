import AviaryCore
import AviaryKernels

/// y = a^b under broadcasting; the output has the type of a. From opset 12 the exponent may have another
/// type.
///
/// Integers to an integer power are exact (wrapping); an integer to a real power is computed in double
/// precision and truncated.
struct Pow: InPlaceOperator, BindingOperator {
  static let id = OperatorID("Pow")
  static let opsets = 1...Opset.latest
  let legacy: LegacyBroadcast?
  var overwritableInputs: [Int] { [0] }

  private static let baseTypes = Set.reals.union([.int32, .int64])

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    legacy = try LegacyBroadcast(attributes: &attributes, opset: opset)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, Self.baseTypes)
    _ = try checkedType(inputs, 1, .numbers)
    return [ValueInfo(type, try pairShape(inputs, legacy))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let broadcast = try pairBroadcast(context, legacy)
    let (base, a) = try context.operand(0, Self.baseTypes)
    let (exponent, b) = try context.operand(1, .numbers)
    guard var compute = base.elementType.computeType else { throw .type(base.elementType, input: 0) }
    if base.elementType.isInteger, exponent.elementType.isFloatingPoint { compute = .double }
    let y = try context.makeRow(0, base.elementType, broadcast.shape.dims)
    evaluateBinary(Power(), a, b, y, over: broadcast, compute: compute, parallel: context.parallel)
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    guard let broadcast = try pairBroadcast(inputs, legacy) else { return nil }
    return BinaryKernel(Power(), inputs[0], inputs[1], over: broadcast)
  }
}
