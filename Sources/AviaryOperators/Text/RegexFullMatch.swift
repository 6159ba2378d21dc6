import AviaryCore

/// Whether each string as a whole matches `pattern` (RE2's syntax, linear time).
///
/// ONNX `RegexFullMatch`, all versions.
struct RegexFullMatch: Operator {
  static let id = OperatorID("RegexFullMatch")
  static let opsets = 20...Opset.latest

  private let regex: Regex

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    regex = try Regex(attributes.string("pattern").required("pattern"), attribute: "pattern")
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    _ = try checkedType(inputs, 0, [.string])
    return [ValueInfo(.bool, try inputs.required(0).shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let input = try context.input(0)
    guard input.elementType == .string else { throw .type(input.elementType, input: 0) }
    let strings = try checked { () throws(TensorError) in try input.strings() }
    let result = try context.make(0, input.shape.dims, as: Bool.self)
    for (index, text) in strings.enumerated() { result[index] = regex.matches(text) }
  }
}
