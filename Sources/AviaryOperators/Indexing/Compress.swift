import AviaryCore
import AviaryKernels

/// The slices along `axis` (or the elements of the flattened input) for which `condition` is true.
///
/// ONNX `Compress`, all versions. The condition may be shorter than the axis; what it does not reach is
/// dropped.
struct Compress: Operator {
  static let id = OperatorID("Compress")
  static let opsets = 9...Opset.latest

  private let axis: Int?

  init(attributes: inout Attributes, opset: Int) throws(ImportError) { axis = try attributes.int("axis") }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    guard let axis else { return [ValueInfo(data.elementType, .rank(1))] }
    guard var dims = data.shape.dims else { return [ValueInfo(data.elementType, .unknown)] }
    dims[try normalizedAxis(axis, rank: dims.count)] = .unknown
    return [ValueInfo(data.elementType, SymbolicShape(dims))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let condition = try context.elements(1, as: Bool.self)
    var (outer, extent, inner) = (1, data.count, 1)
    var dims = [data.count]
    var axis = 0
    if let given = self.axis {
      axis = try normalizedAxis(given, rank: data.shape.rank)
      dims = data.shape.dims
      extent = dims[axis]
      outer = data.shape.product(0..<axis)
      inner = data.shape.product((axis + 1)..<dims.count)
    }
    let chosen = condition.indices.filter { condition[$0] }
    guard chosen.allSatisfy({ $0 < extent }) else {
      throw .invalid("the condition is true beyond the extent \(extent)")
    }
    dims[axis] = chosen.count
    var mover = CellMover(context, data.elementType)
    let from = try mover.source(data)
    let to = try mover.destination(0, dims)
    gatherBlocks(
      from: from.address, to: to, outer: outer, extent: extent, indices: chosen,
      blockBytes: inner * mover.width, parallel: context.parallel)
    try mover.finish(0, dims, to)
  }
}
