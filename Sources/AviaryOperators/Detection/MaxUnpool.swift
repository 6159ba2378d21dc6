import AviaryCore
import AviaryKernels

/// The reverse of MaxPool: every value goes back to the place that `indices` (flat, row-major) names; 0
/// elsewhere.
///
/// ONNX `MaxUnpool`, all versions. Indices count within the shape that kernel, strides and pads give, even
/// where `output_shape` asks for a larger one.
struct MaxUnpool: Operator {
  static let id = OperatorID("MaxUnpool")
  static let opsets = 9...Opset.latest

  private let kernel: [Int]
  private let strides: [Int]
  private let pads: [Int]

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    kernel = try attributes.ints("kernel_shape").required("kernel_shape")
    strides = try attributes.ints("strides") ?? [Int](repeating: 1, count: kernel.count)
    pads = try attributes.ints("pads") ?? [Int](repeating: 0, count: 2 * kernel.count)
    guard strides.count == kernel.count, pads.count == 2 * kernel.count else {
      throw ImportError(.invalidAttribute, "kernel_shape, strides and pads have different lengths")
    }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    if inputs.at(2) != nil {
      let known = try inputs.integerList(2).map { SymbolicShape(known: $0) }
      return [ValueInfo(data.elementType, known ?? .rank(kernel.count + 2))]
    }
    guard let dims = data.shape.known else { return [ValueInfo(data.elementType, .rank(kernel.count + 2))] }
    return [ValueInfo(data.elementType, try unpooled(dims))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (data, indices) = (try context.input(0), try context.input(1))
    guard indices.shape == data.shape else {
      throw .invalid("indices of shape \(indices.shape) for values of shape \(data.shape)")
    }
    let inner = try unpooled(data.shape.dims)
    let dims = try context.integerList(2) ?? inner
    let shape = try checked { () throws(TensorError) in try Shape(inner) }
    guard dims.count == inner.count, zip(dims, inner).allSatisfy({ $0 >= $1 }) else {
      throw .invalid("output_shape \(dims) does not hold \(inner)")
    }
    let (own, target) = (shape.strides, denseStrides(dims))
    var positions: [Int] = []
    for index in try context.integers(1) {
      let flat = try normalizedIndex(index, extent: shape.count)
      var position = 0
      for axis in inner.indices { position += flat / own[axis] % inner[axis] * target[axis] }
      positions.append(position)
    }
    var mover = CellMover(context, data.elementType)
    let from = try mover.source(data)
    let zero = try mover.zero()
    let to = try mover.destination(0, dims)
    fillCells(to, count: dims.reduce(1, *), with: zero.address, width: mover.width)
    scatterCells(from.address, into: to, positions: positions, block: 1, width: mover.width)
    try mover.finish(0, dims, to)
  }

  private func unpooled(_ dims: [Int]) throws(OperatorError) -> [Int] {
    guard dims.count == kernel.count + 2 else {
      throw .rank(dims.count, input: 0, needs: "\(kernel.count + 2)")
    }
    var result = Array(dims[..<2])
    for k in kernel.indices {
      let span = try sum(try product(dims[k + 2] - 1, strides[k]), kernel[k])
      let padding = try sum(pads[k], pads[kernel.count + k])
      let (extent, overflow) = span.subtractingReportingOverflow(padding)
      guard !overflow, extent >= 0 else { throw .invalid("an unpooled extent would be negative") }
      result.append(extent)
    }
    return result
  }
}
