import AviaryCore
import AviaryKernels

/// Blocks of `blocksize x blocksize` pixels rearranged into channels: `[N, C, H, W]` to
/// `[N, C * b^2, H / b, W / b]`.
///
/// ONNX `SpaceToDepth`: opset 28 adds `mode`: the block's position becomes the outer part of the channel
/// (`DCR`) or the inner one (`CRD`).
struct SpaceToDepth: Operator {
  static let id = OperatorID("SpaceToDepth")
  static let opsets = 1...Opset.latest

  private let block: Int
  private let columnFirst: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    block = try blockSize(&attributes)
    columnFirst =
      opset < 28
      ? false : try attributes.string("mode", default: "DCR", among: ["DCR", "CRD"]) == "CRD"
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    guard let dims = data.shape.dims else { return [ValueInfo(data.elementType, .rank(4))] }
    guard dims.count == 4 else { throw .rank(dims.count, input: 0, needs: "4") }
    var shape = [dims[0], dims[1] * .known(try product(block, block))]
    for axis in 2..<4 {
      if let extent = dims[axis].value {
        shape.append(.known(try blocks(extent)))
      } else {
        shape.append(block == 1 ? dims[axis] : .unknown)
      }
    }
    return [ValueInfo(data.elementType, SymbolicShape(shape))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let dims = data.shape.dims
    guard dims.count == 4 else { throw .rank(dims.count, input: 0, needs: "4") }
    let (height, width) = (try blocks(dims[2]), try blocks(dims[3]))
    let output = [dims[0], try product(dims[1], try product(block, block)), height, width]
    let order = columnFirst ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4]
    var mover = CellMover(context, data.elementType)
    try mover.copy(
      data, to: 0, output,
      transposition(of: [dims[0], dims[1], height, block, width, block], order))
  }

  private func blocks(_ extent: Int) throws(OperatorError) -> Int {
    guard extent % block == 0 else { throw .invalid("extent \(extent) is no multiple of blocksize \(block)") }
    return extent / block
  }
}
