import AviaryCore
import AviaryKernels

/// Y[n, c, o] = the largest element of the window at o; Indices: its position in X counted over all axes.
///
/// Spec: MaxPool. Version 8 brings Indices and `storage_order`, 10 dilations and `ceil_mode`, 12 the 8-bit
/// integers. A window of `ceil_mode` that would begin in the padding at the end is dropped.
struct MaxPool: Operator {
  static let id = OperatorID("MaxPool")
  static let opsets = 1...Opset.latest
  private static let types = Set<ElementType>.reals.union([.int8, .uint8])

  private let pool: PoolWindow
  private let columnMajor: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    pool = try PoolWindow(attributes: &attributes)
    columnMajor = try attributes.bool("storage_order", default: false)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, Self.types)
    let shape = try pool.infer(inputs.required(0).shape)
    return [ValueInfo(type, shape), ValueInfo(.int64, shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, compute) = try context.typedInput(0, Self.types)
    let (axes, dims) = try pool.geometry(x.shape.dims)
    let kernel = Pool(planes: try product(dims[0], dims[1]), axes: axes)
    let input = try context.address(of: x, in: compute)
    let lowest = try Self.lowest(x.elementType)
    let indices = context.wants(1) ? try context.make(1, dims, as: Int64.self).baseAddress : nil
    try context.makeResult(0, x.elementType, dims, in: compute) { output throws(OperatorError) in
      guard let row = ElementRow(lowest) else { return }
      if let indices {
        kernel.maxWithIndices(
          input, output, indices, compute, lowest: row, columnMajor: columnMajor,
          parallel: context.parallel)
      } else {
        kernel.max(input, output, compute, lowest: row, parallel: context.parallel)
      }
    }
  }

  /// The smallest value of a type: the maximum of nothing.
  private static func lowest(_ type: ElementType) throws(OperatorError) -> Tensor {
    try checked { () throws(TensorError) in
      switch type {
      case .int8: try Tensor(scalar: Int8.min)
      case .uint8: try Tensor(scalar: UInt8.min)
      default: try Tensor(scalar: -Float.infinity)
      }
    }
  }
}
