import AviaryCore
import AviaryKernels

/// A copy of `data` in which `updates[i]` replaces (or is combined with) the element at position `i` whose
/// coordinate along `axis` is `indices[i]`.
///
/// ONNX `ScatterElements`: `reduction` since opset 16 (`add`, `mul`), with `min` and `max` since 18.
struct ScatterElements: Operator {
  static let id = OperatorID("ScatterElements")
  static let opsets = 11...Opset.latest

  private let axis: Int
  private let reduction: ScatterReduction

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    axis = try attributes.int("axis", default: 0)
    reduction = opset < 16 ? .none : try attributes.choice("reduction", default: .none)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    return [ValueInfo(data.elementType, data.shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let indices = try context.input(1)
    let updates = try context.input(2)
    guard updates.shape == indices.shape else {
      throw .invalid("updates of shape \(updates.shape) for indices of shape \(indices.shape)")
    }
    let positions = try elementPositions(data.shape, axis: axis, indices: indices)
    try scatter(context, data, updates, positions, 1, reduction)
  }
}

/// ONNX `Scatter`, the name of ScatterElements before opset 11.
struct Scatter: Operator {
  static let id = OperatorID("Scatter")
  static let opsets = 9...Opset.latest

  private let elements: ScatterElements

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    elements = try ScatterElements(attributes: &attributes, opset: 11)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] { try elements.infer(inputs) }
  func run(_ context: RunContext) throws(OperatorError) { try elements.run(context) }
}
