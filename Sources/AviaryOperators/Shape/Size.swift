import AviaryCore

/// The number of elements of the input, as an int64 scalar.
///
/// ONNX `Size`, all versions.
struct Size: Operator {
  static let id = OperatorID("Size")
  static let opsets = 1...Opset.latest

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {}

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    guard let known = try inputs.required(0).shape.known else { return [ValueInfo(.int64, [])] }
    let tensor = try checked { () throws(TensorError) in try Tensor(scalar: Int64(Shape(known).count)) }
    return [ValueInfo(constant: .tensor(tensor))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let count = try context.input(0).count
    context.set(0, try checked { () throws(TensorError) in try Tensor(scalar: Int64(count)) })
  }
}
