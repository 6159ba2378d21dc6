import AviaryCore
import AviaryKernels

/// For every batch entry `b`, the first `sequence_lens[b]` steps along the time axis in reverse order, the
/// rest as they are.
///
/// ONNX `ReverseSequence`, all versions; batch and time are the first two axes in either order.
struct ReverseSequence: Operator {
  static let id = OperatorID("ReverseSequence")
  static let opsets = 10...Opset.latest

  private let timeIsFirst: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    let batch = try attributes.int("batch_axis", default: 1)
    let time = try attributes.int("time_axis", default: 0)
    guard (time, batch) == (0, 1) || (time, batch) == (1, 0) else {
      throw ImportError(
        .invalidAttribute, "time_axis \(time) and batch_axis \(batch) must be 0 and 1 in either order")
    }
    timeIsFirst = time == 0
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    if let rank = data.rank, rank < 2 { throw .rank(rank, input: 0, needs: "at least 2") }
    return [ValueInfo(data.elementType, data.shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let dims = data.shape.dims
    guard dims.count >= 2 else { throw .rank(dims.count, input: 0, needs: "at least 2") }
    let steps = dims[timeIsFirst ? 0 : 1]
    let batches = dims[timeIsFirst ? 1 : 0]
    let lengths = try context.requiredIntegerList(1)
    guard lengths.count == batches, lengths.allSatisfy({ $0 >= 0 && $0 <= steps }) else {
      throw .invalid("sequence_lens \(lengths) do not fit \(batches) sequences of \(steps) steps")
    }
    var positions: [Int] = []
    for i in 0..<dims[0] {
      for j in 0..<dims[1] {
        let (time, batch) = timeIsFirst ? (i, j) : (j, i)
        let source = time < lengths[batch] ? lengths[batch] - 1 - time : time
        positions.append(timeIsFirst ? source * dims[1] + j : i * dims[1] + source)
      }
    }
    var mover = CellMover(context, data.elementType)
    let from = try mover.source(data)
    let to = try mover.destination(0, dims)
    gatherBlocks(
      from: from.address, to: to, outer: 1, extent: positions.count, indices: positions,
      blockBytes: data.shape.product(2..<dims.count) * mover.width, parallel: context.parallel)
    try mover.finish(0, dims, to)
  }
}
