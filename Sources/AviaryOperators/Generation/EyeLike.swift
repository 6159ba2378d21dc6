import AviaryCore
import AviaryKernels

/// A matrix of the input's shape with ones on its `k`-th diagonal and zeros elsewhere.
///
/// ONNX `EyeLike`, all versions; `dtype` defaults to the input's type.
struct EyeLike: Operator {
  static let id = OperatorID("EyeLike")
  static let opsets = 9...Opset.latest

  private let type: ElementType?
  private let k: Int

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    type = try attributes.elementType("dtype")
    k = try attributes.int("k", default: 0)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    if let rank = data.rank, rank != 2 { throw .rank(rank, input: 0, needs: "2") }
    return [ValueInfo(type ?? data.elementType, data.shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let dims = data.shape.dims
    guard dims.count == 2 else { throw .rank(dims.count, input: 0, needs: "2") }
    var mover = CellMover(context, type ?? data.elementType)
    let (zero, one) = (try mover.zero(), try mover.number(1))
    let to = try mover.destination(0, dims)
    fillCells(to, count: data.count, with: zero.address, width: mover.width)
    let (rows, columns) = (dims[0], dims[1])
    // A diagonal beyond the corners is empty; the comparison keeps the sum small.
    if k > -rows, k < columns {
      for row in max(0, -k)..<max(max(0, -k), min(rows, columns - k)) {
        (to + (row * columns + row + k) * mover.width).copyMemory(from: one.address, byteCount: mover.width)
      }
    }
    try mover.finish(0, dims, to)
  }
}
