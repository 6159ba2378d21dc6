import AviaryCore

/// `output[i] = start + i * delta` for as long as that does not reach `limit`.
///
/// ONNX `Range`: opset 27 adds float16 and bfloat16, computed in the type that `stash_type` names.
struct RangeOperator: Operator {
  static let id = OperatorID("Range")
  static let opsets = 11...Opset.latest

  private let stashType: ElementType

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    stashType = opset < 27 ? .float : try attributes.elementType("stash_type") ?? .float
    guard stashType == .float || stashType == .double else {
      throw ImportError(
        .invalidAttribute, "attribute 'stash_type' is \(stashType.name), must be float or double")
    }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let start = try inputs.required(0)
    guard let from = start.tensor, let limit = try inputs.required(1).tensor,
      let delta = try inputs.required(2).tensor
    else { return [ValueInfo(start.elementType, .rank(1))] }
    return [ValueInfo(start.elementType, [try count(from, limit, delta)])]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (start, limit, delta) = (try context.input(0), try context.input(1), try context.input(2))
    let count = try count(start, limit, delta)
    switch start.elementType {
    case .float:
      let (from, step) = (Float(try scalarValue(start, input: 0)), Float(try scalarValue(delta, input: 2)))
      let output = try context.make(0, [count], as: Float.self)
      for i in 0..<count { output[i] = from + Float(i) * step }
    case .double:
      let (from, step) = (try scalarValue(start, input: 0), try scalarValue(delta, input: 2))
      let output = try context.make(0, [count], as: Double.self)
      for i in 0..<count { output[i] = from + Double(i) * step }
    case .float16:
      let values = try small(start, delta)
      let output = try context.make(0, [count], as: Float16.self)
      for i in 0..<count { output[i] = Float16(values(i)) }
    case .bfloat16:
      let values = try small(start, delta)
      let output = try context.make(0, [count], as: BFloat16.self)
      for i in 0..<count { output[i] = BFloat16(Float(values(i))) }
    case .int16: try integers(Int16.self, context, count)
    case .int32: try integers(Int32.self, context, count)
    case .int64: try integers(Int64.self, context, count)
    default: throw .type(start.elementType, input: 0)
    }
  }

  private func small(_ start: Tensor, _ delta: Tensor) throws(OperatorError) -> (Int) -> Double {
    let (from, step) = (try scalarValue(start, input: 0), try scalarValue(delta, input: 2))
    if stashType == .double { return { from + Double($0) * step } }
    return { Double(Float(from) + Float($0) * Float(step)) }
  }

  private func integers<T: FixedWidthInteger & Element>(
    _: T.Type, _ context: RunContext, _ count: Int
  ) throws(OperatorError) {
    let (start, delta) = (try context.elements(0, as: T.self), try context.elements(2, as: T.self))
    let output = try context.make(0, [count], as: T.self)
    // Every value but the one after the last lies between start and limit, so wrapping is never seen.
    for i in 0..<count { output[i] = start[0] &+ T(truncatingIfNeeded: i) &* delta[0] }
  }

  /// `max(ceil((limit - start) / delta), 0)`.
  ///
  /// - Throws: `OperatorError.invalid` for a step of 0, inputs that are no scalars or a count beyond `Int`.
  private func count(_ start: Tensor, _ limit: Tensor, _ delta: Tensor) throws(OperatorError) -> Int {
    guard limit.elementType == start.elementType, delta.elementType == start.elementType else {
      throw .invalid("start, limit and delta have different element types")
    }
    if start.elementType.isInteger {
      let from = try integerScalar(start, input: 0)
      let to = try integerScalar(limit, input: 1)
      let step = try integerScalar(delta, input: 2)
      guard step != 0 else { throw .invalid("delta is 0") }
      guard (to > from) == (step > 0), to != from else { return 0 }
      // The distance may not fit an Int, its magnitude always fits a UInt.
      let distance = UInt(bitPattern: to > from ? to &- from : from &- to)
      let count = (distance - 1) / step.magnitude + 1
      guard let result = Int(exactly: count) else { throw .invalid("the range has \(count) elements") }
      return result
    }
    let step = try scalarValue(delta, input: 2)
    guard step != 0 else { throw .invalid("delta is 0") }
    let count = ((try scalarValue(limit, input: 1) - scalarValue(start, input: 0)) / step).rounded(.up)
    guard count > 0 else { return 0 }
    guard let result = Int(exactly: count) else { throw .invalid("the range has \(count) elements") }
    return result
  }
}
