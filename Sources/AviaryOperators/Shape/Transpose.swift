import AviaryCore
import AviaryKernels

/// `transposed[i[perm[0]], i[perm[1]], ...] = data[i]`; without `perm` the axes are reversed.
///
/// ONNX `Transpose`, all versions.
struct Transpose: BindingOperator {
  static let id = OperatorID("Transpose")
  static let opsets = 1...Opset.latest

  /// Axis `k` of the output is axis `permutation[k]` of the input; `nil` reverses.
  let permutation: [Int]?

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    permutation = try attributes.ints("perm")
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    guard let dims = data.shape.dims else {
      return [ValueInfo(data.elementType, permutation.map { .rank($0.count) } ?? .unknown)]
    }
    let order = try order(rank: dims.count)
    return [ValueInfo(data.elementType, SymbolicShape(order.map { dims[$0] }))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let order = try order(rank: data.shape.rank)
    let dims = order.map { data.shape[$0] }
    let strides = data.shape.strides
    var mover = CellMover(context, data.elementType)
    try mover.copy(
      data, to: 0, dims,
      StridedCopy(dims: dims, source: order.map { strides[$0] }, destination: denseStrides(dims)))
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    let info = try inputs.required(0)
    guard let type = info.elementType, type != .string, type.bitWidth == 32, let dims = info.shape.known else {
      return nil
    }
    return BoundTranspose(kernel: TransposeKernel(dims: dims, order: try order(rank: dims.count)))
  }

  private func order(rank: Int) throws(OperatorError) -> [Int] {
    guard let permutation else { return Array((0..<rank).reversed()) }
    guard permutation.count == rank else {
      throw .invalid("perm \(permutation) names \(permutation.count) axes, the input has rank \(rank)")
    }
    return try normalizedAxes(permutation, rank: rank, name: "perm")
  }
}

private struct BoundTranspose: BoundKernel {
  let kernel: TransposeKernel
  var choice: KernelChoice { KernelChoice(kernel.name) }

  func run(_ io: KernelIO) {
    guard let from = io.inputs[0], let to = io.outputs[0] else { return }
    kernel.run(from: from, to: to, parallel: io.parallel)
  }
}
