import AviaryCore
import AviaryKernels

/// `output[a, j, b] = data[a, indices[j], b]`, where `a` runs over the axes before `axis`, `j` over the axes
/// of `indices` and `b` over the axes after.
///
/// ONNX `Gather`: negative indices count from the back (opset 11; taken in every version).
struct Gather: BindingOperator {
  static let id = OperatorID("Gather")
  static let opsets = 1...Opset.latest

  private let axis: Int

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    axis = try attributes.int("axis", default: 0)
  }

  /// For operators that take slices among other things.
  init(axis: Int) { self.axis = axis }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    let indices = try inputs.required(1)
    guard let dims = data.shape.dims else { return [ValueInfo(data.elementType, .unknown)] }
    let axis = try normalizedAxis(axis, rank: dims.count)
    guard let chosen = indices.shape.dims else { return [ValueInfo(data.elementType, .unknown)] }
    let shape = SymbolicShape(Array(dims[..<axis]) + chosen + Array(dims[(axis + 1)...]))
    return [ValueInfo(data.elementType, shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let axis = try normalizedAxis(axis, rank: data.shape.rank)
    let extent = data.shape[axis]
    let indices = try normalizedIndices(context.integers(1), extent: extent)
    let before = Array(data.shape.dims[..<axis])
    let after = Array(data.shape.dims[(axis + 1)...])
    let dims = try before + context.input(1).shape.dims + after

    var mover = CellMover(context, data.elementType)
    let from = try mover.source(data)
    let to = try mover.destination(0, dims)
    gatherBlocks(
      from: from.address, to: to, outer: data.shape.product(0..<axis), extent: extent, indices: indices,
      blockBytes: data.shape.product((axis + 1)..<data.shape.rank) * mover.width,
      parallel: context.parallel)
    try mover.finish(0, dims, to)
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    guard let shape = try inputs.required(0).knownShape, let given = try inputs.required(1).integers,
      let width = inputs[0].elementType?.cellWidth
    else { return nil }
    let axis = try normalizedAxis(axis, rank: shape.rank)
    return GatherKernel(
      outer: shape.product(0..<axis), extent: shape[axis],
      indices: try normalizedIndices(given, extent: shape[axis]),
      blockBytes: shape.product((axis + 1)..<shape.rank) * width)
  }
}
