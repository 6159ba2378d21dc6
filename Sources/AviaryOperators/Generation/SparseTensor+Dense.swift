import AviaryCore
import AviaryKernels

extension SparseTensor {
  /// The dense tensor, zero (or the empty string) where the sparse one holds nothing.
  ///
  /// - Throws: `OperatorError.invalid` where indices and values do not match the shape, `resource` beyond
  ///   the default budget.
  func dense() throws(OperatorError) -> Tensor {
    let positions = try positions()
    guard positions.count == values.count else {
      throw .invalid("\(positions.count) indices for \(values.count) sparse values")
    }
    let context = RunContext(inputs: [], outputCount: 1)
    var mover = CellMover(context, values.elementType)
    let from = try mover.source(values)
    let fill = try mover.zero()
    let to = try mover.destination(0, shape.dims)
    fillCells(to, count: shape.count, with: fill.address, width: mover.width)
    for (index, position) in positions.enumerated() {
      (to + position * mover.width)
        .copyMemory(from: from.address + index * mover.width, byteCount: mover.width)
    }
    try mover.finish(0, shape.dims, to)
    guard let tensor = context.outputs[0]?.tensor else { throw .invalid("the sparse tensor has no values") }
    return tensor
  }

  /// Row-major positions of the values, each checked against the shape.
  private func positions() throws(OperatorError) -> [Int] {
    let list: [Int]
    do { list = try indices.integers() } catch { throw OperatorError(error) }
    if indices.shape.rank < 2 {
      for position in list where position < 0 || position >= shape.count {
        throw .invalid("sparse index \(position) is outside shape \(shape)")
      }
      return list
    }
    let rank = shape.rank
    guard indices.shape.rank == 2, indices.shape[1] == rank else {
      throw .invalid("sparse indices of shape \(indices.shape) for a tensor of rank \(rank)")
    }
    let strides = shape.strides
    var positions: [Int] = []
    for row in 0..<indices.shape[0] {
      var position = 0
      for axis in 0..<rank {
        let coordinate = list[row * rank + axis]
        guard coordinate >= 0, coordinate < shape[axis] else {
          throw .invalid("sparse index \(coordinate) is outside axis \(axis) of shape \(shape)")
        }
        position += coordinate * strides[axis]
      }
      positions.append(position)
    }
    return positions
  }
}
