import AviaryCore
import AviaryKernels

/// Channels rearranged into blocks of `blocksize x blocksize` pixels: `[N, C, H, W]` to
/// `[N, C / b^2, H * b, W * b]`.
///
/// ONNX `DepthToSpace`: opset 11 adds `mode`: the block's position is the outer part of the channel (`DCR`)
/// or the inner one (`CRD`).
struct DepthToSpace: Operator {
  static let id = OperatorID("DepthToSpace")
  static let opsets = 1...Opset.latest

  private let block: Int
  private let columnFirst: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    block = try blockSize(&attributes)
    columnFirst =
      opset < 11 ? false : try attributes.string("mode", default: "DCR", among: ["DCR", "CRD"]) == "CRD"
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    guard let dims = data.shape.dims else { return [ValueInfo(data.elementType, .rank(4))] }
    guard dims.count == 4 else { throw .rank(dims.count, input: 0, needs: "4") }
    if let channels = dims[1].value { _ = try blocks(channels) }
    let shape: [Extent] = [
      dims[0], dims[1].value.map { .known($0 / block / block) } ?? .unknown,
      dims[2] * .known(block), dims[3] * .known(block),
    ]
    return [ValueInfo(data.elementType, SymbolicShape(shape))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let dims = data.shape.dims
    guard dims.count == 4 else { throw .rank(dims.count, input: 0, needs: "4") }
    let channels = try blocks(dims[1])
    let output = [dims[0], channels, try product(dims[2], block), try product(dims[3], block)]
    let split =
      columnFirst
      ? [dims[0], channels, block, block, dims[2], dims[3]]
      : [dims[0], block, block, channels, dims[2], dims[3]]
    let order = columnFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]
    var mover = CellMover(context, data.elementType)
    try mover.copy(data, to: 0, output, transposition(of: split, order))
  }

  private func blocks(_ channels: Int) throws(OperatorError) -> Int {
    let area = try product(block, block)
    guard channels % area == 0 else {
      throw .invalid("\(channels) channels are no multiple of blocksize^2 = \(area)")
    }
    return channels / area
  }
}

/// The attribute `blocksize`, which must be positive.
func blockSize(_ attributes: inout Attributes) throws(ImportError) -> Int {
  let size = try attributes.int("blocksize").required("blocksize")
  guard size > 0 else {
    throw ImportError(.invalidAttribute, "attribute 'blocksize' is \(size), must be positive")
  }
  return size
}

/// The copy that brings axis `order[k]` of a dense array to place `k`.
func transposition(of dims: [Int], _ order: [Int]) -> StridedCopy {
  let strides = denseStrides(dims)
  let target = order.map { dims[$0] }
  return StridedCopy(dims: target, source: order.map { strides[$0] }, destination: denseStrides(target))
}
