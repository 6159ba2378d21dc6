import AviaryCore
import AviaryKernels

/// The upper (or lower) triangle of each matrix in the last two axes, from the `k`-th diagonal on; 0
/// elsewhere.
///
/// ONNX `Trilu`, all versions.
struct Trilu: Operator {
  static let id = OperatorID("Trilu")
  static let opsets = 14...Opset.latest

  private let isUpper: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    isUpper = try attributes.bool("upper", default: true)
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
    let (rows, columns) = (dims[dims.count - 2], dims[dims.count - 1])
    var k =
      try context.optionalInput(1).map { t throws(OperatorError) in try integerScalar(t, input: 1) } ?? 0
    // Beyond the corners nothing changes; clamping keeps the sums small.
    k = min(max(k, -rows - 1), columns + 1)
    var mover = CellMover(context, data.elementType)
    let from = try mover.source(data)
    let zero = try mover.zero()
    let to = try mover.destination(0, dims)
    let width = mover.width
    to.copyMemory(from: from.address, byteCount: data.count * width)
    for line in 0..<(columns == 0 ? 0 : data.count / columns) {
      let diagonal = min(max(line % rows + k + (isUpper ? 0 : 1), 0), columns)
      let cleared = isUpper ? 0..<diagonal : diagonal..<columns
      fillCells(
        to + (line * columns + cleared.lowerBound) * width, count: cleared.count, with: zero.address,
        width: width)
    }
    try mover.finish(0, dims, to)
  }
}
