import AviaryCore
import AviaryKernels

/// `output[i] = data[i with i[axis] replaced by indices[i]]`, for every position `i` of `indices`.
///
/// ONNX `GatherElements`, all versions.
struct GatherElements: Operator {
  static let id = OperatorID("GatherElements")
  static let opsets = 11...Opset.latest

  private let axis: Int

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    axis = try attributes.int("axis", default: 0)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    let shape = try inputs.required(1).shape
    if let rank = data.rank { _ = try normalizedAxis(axis, rank: rank) }
    return [ValueInfo(data.elementType, shape.dims == nil ? data.rank.map { .rank($0) } ?? .unknown : shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let indices = try context.input(1)
    let positions = try elementPositions(data.shape, axis: axis, indices: indices)
    var mover = CellMover(context, data.elementType)
    let from = try mover.source(data)
    let to = try mover.destination(0, indices.shape.dims)
    gatherBlocks(
      from: from.address, to: to, outer: 1, extent: data.count, indices: positions,
      blockBytes: mover.width, parallel: context.parallel)
    try mover.finish(0, indices.shape.dims, to)
  }
}

/// Offsets into a tensor of shape `data`: one for each position of `indices`, whose element takes the place
/// of the coordinate along `axis` (GatherElements, ScatterElements).
///
/// - Throws: `OperatorError` where ranks differ, `indices` is larger than the data along another axis, or an
///   index lies outside.
func elementPositions(_ data: Shape, axis: Int, indices: Tensor) throws(OperatorError) -> [Int] {
  guard indices.shape.rank == data.rank else {
    throw .rank(indices.shape.rank, input: 1, needs: "\(data.rank)")
  }
  let axis = try normalizedAxis(axis, rank: data.rank)
  for k in 0..<data.rank where k != axis && indices.shape[k] > data[k] {
    throw .invalid("indices of shape \(indices.shape) reach beyond the data of shape \(data)")
  }
  let list: [Int]
  do { list = try indices.integers() } catch { throw .invalid("input 1: \(error)") }
  let strides = data.strides
  var coordinates = [Int](repeating: 0, count: data.rank)
  var positions: [Int] = []
  positions.reserveCapacity(list.count)
  var base = 0
  for index in list {
    let along = try normalizedIndex(index, extent: data[axis])
    positions.append(base + (along - coordinates[axis]) * strides[axis])
    var k = data.rank - 1
    while k >= 0 {
      coordinates[k] += 1
      base += strides[k]
      if coordinates[k] < indices.shape[k] { break }
      base -= coordinates[k] * strides[k]
      coordinates[k] = 0
      k -= 1
    }
  }
  return positions
}
