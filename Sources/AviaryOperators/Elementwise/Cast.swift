import AviaryCore
import AviaryKernels

/// y = x in another element type: any numeric type, bool or string to any other.
///
/// ONNX `Cast`: `to` is a name before opset 6; strings from 9; `saturate` (float8 targets) from 19;
/// `round_mode` (float8e8m0 targets) from 24. The tables of the specification say what becomes of values out
/// of range; where they leave it open, see `convert`.
struct Cast: InPlaceOperator, BindingOperator {
  static let id = OperatorID("Cast")
  static let opsets = 1...Opset.latest
  let target: ElementType
  let rounding: CastRounding
  var overwritableInputs: [Int] { [0] }

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    if opset < 6 {
      let name = try attributes.string("to").required("to")
      guard let type = ElementType(name: name.lowercased()) else {
        throw ImportError(.invalidAttribute, "attribute 'to' is '\(name)', which is no element type")
      }
      target = type
    } else {
      target = try attributes.elementType("to").required("to")
    }
    rounding = try CastRounding(attributes: &attributes)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    try checkCast(inputs.required(0).elementType, to: target)
    return [ValueInfo(target, inputs[0].shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    try cast(context, to: target, rounding)
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    let x = try inputs.required(0)
    try checkCast(x.elementType, to: target)
    // Other pairs of types pass through a compute type, which takes scratch rows.
    guard let source = x.elementType, source.computeType != nil, target.computeType != nil,
      !source.isPacked, !target.isPacked, let count = x.knownShape?.count,
      source == target || source.ownComputeType != nil || target == source.computeType?.elementType
    else { return nil }
    return ConvertKernel(
      source: source, target: target, saturate: rounding.saturate, rounding: rounding.mode, count: count)
  }
}

/// y = x in the element type of a second tensor, whose content does not matter; otherwise as `Cast`.
struct CastLike: InPlaceOperator {
  static let id = OperatorID("CastLike")
  static let opsets = 15...Opset.latest
  let rounding: CastRounding
  var overwritableInputs: [Int] { [0] }

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    rounding = try CastRounding(attributes: &attributes)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let target = try inputs.required(1).elementType
    if let target { try checkCast(inputs.required(0).elementType, to: target) }
    return [ValueInfo(target, inputs[0].shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    try cast(context, to: context.input(1).elementType, rounding)
  }
}

/// How a cast rounds into the small floating-point formats.
struct CastRounding: Sendable {
  let saturate: Bool
  let mode: ScaleFloat.Rounding

  init(attributes: inout Attributes) throws(ImportError) {
    saturate = try attributes.bool("saturate", default: true)
    let name = try attributes.string("round_mode", default: "up", among: ["up", "down", "nearest"])
    mode = ScaleFloat.Rounding(rawValue: name) ?? .up
  }
}

private func checkCast(_ source: ElementType?, to target: ElementType) throws(OperatorError) {
  if let source, source != .string, source.computeType == nil { throw .type(source, input: 0) }
  guard target == .string || target.computeType != nil else {
    throw .invalid("elements cannot be cast to \(target.name)")
  }
}

private func cast(
  _ context: RunContext, to target: ElementType, _ rounding: CastRounding
) throws(OperatorError) {
  let x = try context.input(0)
  try checkCast(x.elementType, to: target)
  do {
    if target == .string {
      context.set(0, try Tensor(strings: texts(of: x), shape: x.shape))
      return
    }
  } catch { throw OperatorError(error) }
  var y = try context.makeRow(0, target, x.shape.dims)
  y.saturate = rounding.saturate
  y.rounding = rounding.mode
  if x.elementType == .string {
    try parse(stringInput(context, 0), into: y)
  } else if let row = ElementRow(x) {
    convert(row, y, count: x.count, parallel: context.parallel)
  }
}
