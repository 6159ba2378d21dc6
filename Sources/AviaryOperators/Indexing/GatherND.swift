import AviaryCore
import AviaryKernels

/// `output[b, j] = data[b, indices[b, j, 0], indices[b, j, 1], ...]`: each row of `indices` picks an element,
/// or a slice where it is shorter than the rank. The first `batch_dims` axes are walked together.
///
/// ONNX `GatherND`: opset 12 adds `batch_dims`.
struct GatherND: Operator {
  static let id = OperatorID("GatherND")
  static let opsets = 11...Opset.latest

  private let batchDims: Int

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    batchDims = opset < 12 ? 0 : try attributes.int("batch_dims", default: 0)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    let indices = try inputs.required(1)
    guard let dims = data.shape.dims, let chosen = indices.shape.dims, let length = chosen.last?.value else {
      return [ValueInfo(data.elementType, .unknown)]
    }
    try check(data: dims.count, indices: chosen.count, length: length)
    let shape = SymbolicShape(Array(chosen.dropLast()) + dims[(batchDims + length)...])
    return [ValueInfo(data.elementType, shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let indices = try context.input(1)
    guard let length = indices.shape.dims.last else { throw .rank(0, input: 1, needs: "at least 1") }
    try check(data: data.shape.rank, indices: indices.shape.rank, length: length)
    for axis in 0..<batchDims where indices.shape[axis] != data.shape[axis] {
      throw .invalid("indices of shape \(indices.shape) do not share batch axes with \(data.shape)")
    }
    let batches = data.shape.product(0..<batchDims)
    let picked = Array(data.shape.dims[batchDims..<(batchDims + length)])
    let rest = Array(data.shape.dims[(batchDims + length)...])
    let dims = Array(indices.shape.dims.dropLast()) + rest
    let positions = try tuplePositions(
      indices, length: length, dims: picked, batches: batches)

    var mover = CellMover(context, data.elementType)
    let from = try mover.source(data)
    let to = try mover.destination(0, dims)
    gatherBlocks(
      from: from.address, to: to, outer: 1, extent: positions.count, indices: positions,
      blockBytes: rest.reduce(1, *) * mover.width, parallel: context.parallel)
    try mover.finish(0, dims, to)
  }

  private func check(data: Int, indices: Int, length: Int) throws(OperatorError) {
    guard batchDims >= 0, batchDims < indices, batchDims <= data else {
      throw .invalid("batch_dims \(batchDims) does not fit ranks \(data) and \(indices)")
    }
    guard length <= data - batchDims else {
      throw .invalid("indices of length \(length) for \(data - batchDims) axes")
    }
  }
}

/// Block positions that the rows of `indices` (along its last axis) pick from blocks arranged as `dims`, the
/// rows being divided evenly among `batches` such arrangements (GatherND, ScatterND).
///
/// - Throws: `OperatorError.invalid` for an index outside its axis.
func tuplePositions(
  _ indices: Tensor, length: Int, dims: [Int], batches: Int
) throws(OperatorError) -> [Int] {
  let rows = indices.shape.product(0..<(indices.shape.rank - 1))
  let list: [Int]
  do { list = try indices.integers() } catch { throw .invalid("input 1: \(error)") }
  let blocks = dims.reduce(1, *)
  let perBatch = batches > 0 ? rows / batches : 0
  var positions: [Int] = []
  positions.reserveCapacity(rows)
  for row in 0..<rows {
    var position = 0
    for k in 0..<length {
      position = position * dims[k] + (try normalizedIndex(list[row * length + k], extent: dims[k]))
    }
    positions.append(position + (perBatch > 0 ? row / perBatch * blocks : 0))
  }
  return positions
}
