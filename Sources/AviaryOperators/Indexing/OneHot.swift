import AviaryCore
import AviaryKernels

/// A new axis of extent `depth` that holds `values[1]` at the index and `values[0]` elsewhere. Indices count
/// from the back where negative; those outside `-depth ..< depth` give no 1 at all.
///
/// ONNX `OneHot`, all versions. Indices and depth may be of any numeric type.
struct OneHot: Operator {
  static let id = OperatorID("OneHot")
  static let opsets = 9...Opset.latest

  private let axis: Int

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    axis = try attributes.int("axis", default: -1)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try inputs.required(2).elementType
    guard var dims = try inputs.required(0).shape.dims else { return [ValueInfo(type, .unknown)] }
    let axis = try normalizedAxis(axis, rank: dims.count + 1)
    let depth = try inputs.required(1).tensor.map { tensor throws(OperatorError) in try self.depth(tensor) }
    dims.insert(depth.map { .known($0) } ?? .unknown, at: axis)
    return [ValueInfo(type, SymbolicShape(dims))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let indices = try context.input(0)
    let axis = try normalizedAxis(axis, rank: indices.shape.rank + 1)
    let depth = try depth(context.input(1))
    let values = try context.input(2)
    guard values.count == 2 else { throw .invalid("values hold \(values.count) elements, need two") }
    var dims = indices.shape.dims
    dims.insert(depth, at: axis)
    let inner = indices.shape.product(axis..<indices.shape.rank)

    var mover = CellMover(context, values.elementType)
    let cells = try mover.source(values)
    let to = try mover.destination(0, dims)
    let width = mover.width
    fillCells(to, count: dims.reduce(1, *), with: cells.address, width: width, parallel: context.parallel)
    for (i, number) in try numbers(indices, input: 0).enumerated() {
      guard let index = Int(exactly: number.rounded(.towardZero)), index >= -depth, index < depth else {
        continue
      }
      let place = (i / inner * depth + (index < 0 ? index + depth : index)) * inner + i % inner
      (to + place * width).copyMemory(from: cells.address + width, byteCount: width)
    }
    try mover.finish(0, dims, to)
  }

  private func depth(_ tensor: Tensor) throws(OperatorError) -> Int {
    let value = try scalarValue(tensor, input: 1)
    guard let depth = Int(exactly: value.rounded(.towardZero)), depth >= 0 else {
      throw .invalid("depth \(value) is not possible")
    }
    return depth
  }
}
