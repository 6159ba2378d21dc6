import AviaryCore

/// The same bytes under another element type of the same width (opset 26). The shape stays.
struct BitCast: InPlaceOperator {
  static let id = OperatorID("BitCast")
  static let opsets = 26...Opset.latest
  let target: ElementType
  var overwritableInputs: [Int] { [0] }

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    target = try attributes.elementType("to").required("to")
    guard target != .string else {
      throw ImportError(.invalidAttribute, "attribute 'to' is string, whose elements have no bits to keep")
    }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    if let source = try inputs.required(0).elementType { try check(source) }
    return [ValueInfo(target, inputs[0].shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let x = try context.input(0)
    try check(x.elementType)
    let y = try context.makeBytes(0, target, x.shape.dims)
    // The output may lie over the input, which copies onto itself then.
    x.withBytes { y.copyMemory(from: $0) }
    // A byte that is neither 0 nor 1 is no bool.
    if target == .bool { for i in y.indices { y[i] = y[i] == 0 ? 0 : 1 } }
  }

  private func check(_ source: ElementType) throws(OperatorError) {
    guard source.bitWidth == target.bitWidth, source != .string else {
      throw .invalid("\(source.name) and \(target.name) have different widths")
    }
  }
}
