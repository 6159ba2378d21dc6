import AviaryCore

/// `output = input`, whatever value it is.
///
/// ONNX `Identity`: sequences since opset 14, optionals since 16.
struct Identity: ViewOperator {
  static let id = OperatorID("Identity")
  static let opsets = 1...Opset.latest
  var viewedInput: Int { 0 }

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {}

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] { [try inputs.required(0)] }

  func run(_ context: RunContext) throws(OperatorError) { context.set(0, try context.value(0)) }
}
