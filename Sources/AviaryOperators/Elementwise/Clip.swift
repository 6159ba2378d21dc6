import AviaryCore
import AviaryKernels

/// y = min(max(x, min), max). Where min > max everything becomes max; NaN stays NaN.
///
/// ONNX `Clip`: the bounds are attributes before opset 11, scalar inputs from then on; either may be missing.
struct Clip: InPlaceOperator, BindingOperator {
  static let id = OperatorID("Clip")
  static let opsets = 1...Opset.latest
  /// The bounds before opset 11.
  let bounds: (low: Float, high: Float)?
  var overwritableInputs: [Int] { [0] }

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    if opset < 6 { attributes.ignore("consumed_inputs") }
    guard opset < 11 else {
      bounds = nil
      return
    }
    bounds = (
      try attributes.float("min", default: -.greatestFiniteMagnitude),
      try attributes.float("max", default: .greatestFiniteMagnitude)
    )
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try commonType(inputs, [0] + boundInputs(inputs.map(\.isAbsent)), .numbers)
    return [ValueInfo(type, inputs[0].shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, row) = try context.operand(0, .numbers)
    guard let compute = x.elementType.computeType else { throw .type(x.elementType, input: 0) }
    let clamp: Clamp
    if let bounds {
      clamp =
        compute == .double
        ? .double(Double(bounds.low), Double(bounds.high)) : .float(bounds.low, bounds.high)
      guard x.elementType.isFloatingPoint else { throw .type(x.elementType, input: 0) }
    } else {
      clamp = Clamp(
        compute, low: try bound(context, 1, x.elementType), high: try bound(context, 2, x.elementType))
    }
    let y = try context.makeRow(0, x.elementType, x.shape.dims)
    evaluateUnary(clamp, row, y, count: x.count, compute: compute, parallel: context.parallel)
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    let x = try inputs.required(0)
    guard let compute = x.elementType?.ownComputeType, let count = x.knownShape?.count else { return nil }
    let given = boundInputs(inputs.map(\.isAbsent))
    guard given.allSatisfy({ inputs[$0].elementType == x.elementType && inputs[$0].knownShape?.count == 1 })
    else { return nil }
    var fixed: Clamp?
    switch (bounds, compute) {
    case (let bounds?, .float): fixed = .float(bounds.low, bounds.high)
    case (let bounds?, .double): fixed = .double(Double(bounds.low), Double(bounds.high))
    case (_?, _): return nil
    case (nil, _): break
    }
    return ClampKernel(
      compute: compute, count: count, fixed: fixed, hasLow: given.contains(1), hasHigh: given.contains(2))
  }

  /// Indices of the bounds that the model gives.
  private func boundInputs(_ absent: [Bool]) -> [Int] {
    bounds != nil ? [] : [1, 2].filter { absent.indices.contains($0) && !absent[$0] }
  }

  private func bound(
    _ context: RunContext, _ index: Int, _ type: ElementType
  ) throws(OperatorError) -> ElementRow? {
    guard context.optionalValue(index) != nil else { return nil }
    let (tensor, row) = try context.operand(index, [type])
    guard tensor.count == 1 else {
      throw .invalid("input \(index) must be a scalar, its shape is \(tensor.shape)")
    }
    return row
  }
}
