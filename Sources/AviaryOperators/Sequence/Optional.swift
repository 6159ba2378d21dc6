import AviaryCore

/// An optional that holds the input, or nothing of type `type` where there is no input.
///
/// ONNX `Optional`, all versions.
struct OptionalOperator: Operator {
  static let id = OperatorID("Optional")
  static let opsets = 15...Opset.latest

  private let type: ValueType?

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    guard let value = attributes.value("type") else {
      type = nil
      return
    }
    guard case .type(let type) = value else {
      throw ImportError(.invalidAttribute, "attribute 'type' must be a type")
    }
    self.type = type
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    [ValueInfo(.optional(inputs.at(0)?.type ?? type ?? .unknown))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let value = context.optionalValue(0)
    guard let type = value?.type ?? type else { throw .invalid("neither an input nor a type is given") }
    context.set(0, .optional(value, of: type))
  }
}

/// What an optional holds; anything else passes as it is.
///
/// ONNX `OptionalGetElement`: tensors and sequences as inputs since opset 18.
struct OptionalGetElement: Operator {
  static let id = OperatorID("OptionalGetElement")
  static let opsets = 15...Opset.latest

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {}

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    if case .optional(let element) = try inputs.required(0).type { return [ValueInfo(element)] }
    return [ValueInfo(try inputs.required(0).type)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    guard case .optional(let held, _) = try context.value(0) else {
      context.set(0, try context.value(0))
      return
    }
    guard let held else { throw .invalid("the optional holds nothing") }
    context.set(0, held)
  }
}

/// Whether an optional holds something; a missing input does not, anything else does.
///
/// ONNX `OptionalHasElement`: other inputs than optionals, and none, since opset 18.
struct OptionalHasElement: Operator {
  static let id = OperatorID("OptionalHasElement")
  static let opsets = 15...Opset.latest

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {}

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] { [ValueInfo(.bool, [])] }

  func run(_ context: RunContext) throws(OperatorError) {
    let holds: Bool
    switch context.optionalValue(0) {
    case .optional(let held, _): holds = held != nil
    case let value: holds = value != nil
    }
    context.set(0, try checked { () throws(TensorError) in try Tensor(scalar: holds) })
  }
}
