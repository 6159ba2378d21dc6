import AviaryCore
import AviaryKernels

/// A tensor of the shape that the input gives, filled with the single element of `value` (float 0 by
/// default).
///
/// ONNX `ConstantOfShape`, all versions.
struct ConstantOfShape: Operator {
  static let id = OperatorID("ConstantOfShape")
  static let opsets = 9...Opset.latest

  /// One element; `nil` stands for a float zero.
  private let value: Tensor?

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    value = try attributes.tensor("value")
    if let value, value.count != 1 {
      throw ImportError(.invalidAttribute, "attribute 'value' holds \(value.count) elements, needs one")
    }
  }

  private var elementType: ElementType { value?.elementType ?? .float }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    _ = try inputs.required(0)
    guard let dims = try inputs.integerList(0) else {
      return [ValueInfo(elementType, inputs.length(0).map(SymbolicShape.rank) ?? .unknown)]
    }
    let shape = try checked { () throws(TensorError) in try Shape(dims) }
    return [ValueInfo(elementType, SymbolicShape(shape))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let dims = try context.requiredIntegerList(0)
    let shape = try checked { () throws(TensorError) in try Shape(dims) }
    var mover = CellMover(context, elementType)
    let cell: Cells
    if let value { cell = try mover.source(value) } else { cell = try mover.zero() }
    let to = try mover.destination(0, dims)
    fillCells(to, count: shape.count, with: cell.address, width: mover.width, parallel: context.parallel)
    try mover.finish(0, dims, to)
  }
}
