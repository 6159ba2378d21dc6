import AviaryCore
import AviaryKernels

/// The input repeated `repeats[k]` times along each axis `k`.
///
/// ONNX `Tile`: opset 1 repeats along one axis (inputs `tiles` and `axis`), 6 along all (input `repeats`).
struct Tile: Operator {
  static let id = OperatorID("Tile")
  static let opsets = 1...Opset.latest

  private let alongOneAxis: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) { alongOneAxis = opset < 6 }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    _ = try inputs.required(1)
    guard let dims = data.shape.dims else {
      let shape = alongOneAxis ? nil : inputs.length(1).map(SymbolicShape.rank)
      return [ValueInfo(data.elementType, shape ?? .unknown)]
    }
    guard let given = try inputs.integerList(1), !alongOneAxis else {
      return [ValueInfo(data.elementType, .rank(dims.count))]
    }
    let repeats = try checkedRepeats(given, rank: dims.count)
    let shape = zip(dims, repeats).map { dim, count in count == 0 ? 0 : dim * .known(count) }
    return [ValueInfo(data.elementType, SymbolicShape(shape))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let repeats: [Int]
    if alongOneAxis {
      let axis = try normalizedAxis(
        integerScalar(try context.input(2), input: 2), rank: data.shape.rank)
      var all = [Int](repeating: 1, count: data.shape.rank)
      all[axis] = try integerScalar(try context.input(1), input: 1)
      repeats = try checkedRepeats(all, rank: data.shape.rank)
    } else {
      repeats = try checkedRepeats(context.requiredIntegerList(1), rank: data.shape.rank)
    }
    var dims: [Int] = []
    for (extent, count) in zip(data.shape.dims, repeats) { dims.append(try product(extent, count)) }
    // Each axis becomes two, (repeat, position); the source does not move along the first.
    var layout = StridedCopy(dims: [], source: [], destination: [])
    let strides = denseStrides(dims)
    for axis in dims.indices {
      layout.dims += [repeats[axis], data.shape[axis]]
      layout.source += [0, data.shape.strides[axis]]
      // Not used where an extent is 0, and overflow is possible only there.
      layout.destination += [strides[axis] &* data.shape[axis], strides[axis]]
    }
    var mover = CellMover(context, data.elementType)
    try mover.copy(data, to: 0, dims, layout)
  }

  private func checkedRepeats(_ repeats: [Int], rank: Int) throws(OperatorError) -> [Int] {
    guard repeats.count == rank else {
      throw .invalid("\(repeats.count) repeats for an input of rank \(rank)")
    }
    guard repeats.allSatisfy({ $0 >= 0 }) else { throw .invalid("repeats \(repeats) hold a negative count") }
    return repeats
  }
}
