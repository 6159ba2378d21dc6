import AviaryCore
import AviaryKernels

/// A copy of `data` in which `updates[j]` replaces (or is combined with) the element or slice that row `j` of
/// `indices` names.
///
/// ONNX `ScatterND`: `reduction` since opset 16 (`add`, `mul`), with `min` and `max` since 18.
struct ScatterND: Operator {
  static let id = OperatorID("ScatterND")
  static let opsets = 11...Opset.latest

  private let reduction: ScatterReduction

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
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
    guard let length = indices.shape.dims.last, length <= data.shape.rank else {
      throw .invalid("indices of shape \(indices.shape) for data of rank \(data.shape.rank)")
    }
    let rest = Array(data.shape.dims[length...])
    guard updates.shape.dims == Array(indices.shape.dims.dropLast()) + rest else {
      throw .invalid("updates of shape \(updates.shape) do not fit indices of shape \(indices.shape)")
    }
    let block = rest.reduce(1, *)
    let rows = try tuplePositions(
      indices, length: length, dims: Array(data.shape.dims[..<length]), batches: 1)
    try scatter(context, data, updates, rows.map { $0 * block }, block, reduction)
  }
}

/// Makes output 0 a copy of `data` with `updates` scattered into it.
func scatter(
  _ context: RunContext, _ data: Tensor, _ updates: Tensor, _ positions: [Int], _ block: Int,
  _ reduction: ScatterReduction
) throws(OperatorError) {
  let dims = data.shape.dims
  var mover = CellMover(context, data.elementType)
  let from = try mover.source(data)
  let new = try mover.source(updates)
  let to = try mover.destination(0, dims)
  to.copyMemory(from: from.address, byteCount: data.count * mover.width)
  if reduction == .none {
    scatterCells(new.address, into: to, positions: positions, block: block, width: mover.width)
  } else if !scatterBlocks(
    new.address, into: to, type: data.elementType, positions: positions, block: block, reduction: reduction)
  {
    throw .type(data.elementType, input: 0)
  }
  try mover.finish(0, dims, to)
}
