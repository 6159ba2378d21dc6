import AviaryCore

/// The element at `position`, counted from the back where negative.
///
/// ONNX `SequenceAt`, all versions.
struct SequenceAt: Operator {
  static let id = OperatorID("SequenceAt")
  static let opsets = 11...Opset.latest

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {}

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    [ValueInfo(try inputs.required(0).sequenceElement ?? .unknown)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let elements = try context.sequence(0).elements
    guard let position = try context.position(1, count: elements.count) else { throw .missingInput(1) }
    context.set(0, elements[position])
  }
}

/// The sequence without the element at `position` (the last one by default).
///
/// ONNX `SequenceErase`, all versions.
struct SequenceErase: Operator {
  static let id = OperatorID("SequenceErase")
  static let opsets = 11...Opset.latest

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {}

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    [ValueInfo(try inputs.required(0).type)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    var (elements, type) = try context.sequence(0)
    guard !elements.isEmpty else { throw .invalid("the sequence is empty") }
    elements.remove(at: try context.position(1, count: elements.count) ?? elements.count - 1)
    context.set(0, .sequence(elements, of: type))
  }
}

/// The sequence with a tensor inserted before `position` (at the end by default).
///
/// ONNX `SequenceInsert`, all versions. A position of `-1` stands before the last element.
struct SequenceInsert: Operator {
  static let id = OperatorID("SequenceInsert")
  static let opsets = 11...Opset.latest

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {}

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let sequence = try inputs.required(0)
    let element = ValueType.tensor(try inputs.required(1).elementType, .unknown)
    return [ValueInfo(.sequence(sequence.sequenceElement?.joined(with: element) ?? element))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    var (elements, type) = try context.sequence(0)
    let tensor = try context.input(1)
    if case .tensor(let expected?, _) = type, expected != tensor.elementType {
      throw .invalid("a tensor of \(tensor.elementType.name) for a sequence of \(expected.name)")
    }
    var place = elements.count
    if let position = try context.optionalInput(2) {
      let given = try integerScalar(position, input: 2)
      guard given >= -elements.count, given <= elements.count else {
        throw .invalid("position \(given) is outside a sequence of \(elements.count)")
      }
      place = given < 0 ? given + elements.count : given
    }
    elements.insert(.tensor(tensor), at: place)
    context.set(0, .sequence(elements, of: type))
  }
}

/// The number of elements, as an int64 scalar.
///
/// ONNX `SequenceLength`, all versions.
struct SequenceLength: Operator {
  static let id = OperatorID("SequenceLength")
  static let opsets = 11...Opset.latest

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {}

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] { [ValueInfo(.int64, [])] }

  func run(_ context: RunContext) throws(OperatorError) {
    let count = try context.sequence(0).elements.count
    context.set(0, try checked { () throws(TensorError) in try Tensor(scalar: Int64(count)) })
  }
}
