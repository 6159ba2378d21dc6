import AviaryCore

/// The inputs as a sequence.
///
/// ONNX `SequenceConstruct`, all versions; the tensors share an element type.
struct SequenceConstruct: Operator {
  static let id = OperatorID("SequenceConstruct")
  static let opsets = 11...Opset.latest

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {}

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    [ValueInfo(.sequence(.tensor(inputs.lazy.compactMap(\.elementType).first, .unknown)))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    var elements: [Value] = []
    let type = try context.input(0).elementType
    for index in context.inputs.indices {
      let tensor = try context.input(index)
      guard tensor.elementType == type else {
        throw .invalid("input \(index) has element type \(tensor.elementType.name), the first \(type.name)")
      }
      elements.append(.tensor(tensor))
    }
    context.set(0, .sequence(elements, of: .tensor(type, .unknown)))
  }
}

/// An empty sequence of tensors of `dtype` (float by default).
///
/// ONNX `SequenceEmpty`, all versions.
struct SequenceEmpty: Operator {
  static let id = OperatorID("SequenceEmpty")
  static let opsets = 11...Opset.latest

  private let type: ElementType

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    type = try attributes.elementType("dtype") ?? .float
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    [ValueInfo(.sequence(.tensor(type, .unknown)))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    context.set(0, .sequence([], of: .tensor(type, .unknown)))
  }
}
