import AviaryCore
import AviaryKernels

/// A constant float matrix on the right of MatMul or Gemm, and its packed form: made when a plan first has
/// enough rows to want it, shared by all plans of the session.
final class DenseWeights: Sendable {
  private let tensor: Tensor
  private let isTransposed: Bool
  private let precision: Precision
  let k: Int
  let n: Int
  private let packed = Guarded<PanelMatrix?>(nil)

  /// - Parameters:
  ///   - tensor: K x N, or N x K where it is transposed.
  ///   - precision: what products are computed in.
  init?(_ tensor: Tensor, isTransposed: Bool, precision: Precision) {
    guard tensor.elementType == .float, tensor.shape.rank == 2 else { return nil }
    self.tensor = tensor
    self.isTransposed = isTransposed
    self.precision = precision
    k = tensor.shape[isTransposed ? 1 : 0]
    n = tensor.shape[isTransposed ? 0 : 1]
  }

  /// The form that a product with `rows` rows on the left reads.
  func form(rows: Int, parallel: any Parallel) throws(OperatorError) -> DenseProduct.Weights {
    let base = try checked { () throws(TensorError) in
      try tensor.unsafeElements(as: Float.self).baseAddress
    }
    guard let base else { throw .invalid("the weights have no elements") }
    if let packed = packed.withLock({ $0 }) { return .panels(packed) }
    if isTransposed, rows <= DenseProduct.inPlaceRows, precision == .fp32 {
      return .inPlace(.init(base: base, owner: tensor))
    }
    let made = try checked { () throws(TensorError) in
      let plain = try PanelMatrix(
        base, k: k, n: n, row: isTransposed ? 1 : n, column: isTransposed ? k : 1, parallel: parallel)
      return precision == .bf16 ? try PanelMatrix(narrowing: plain, parallel: parallel) : plain
    }
    tensor.releasePages()
    return packed.withLock { packed in
      // Two plans may have packed at once: the first stays.
      if let packed { return .panels(packed) }
      packed = made
      return .panels(made)
    }
  }

  /// A kernel for these sizes.
  func kernel(
    rows: Int, bias: [Float]?, activation: Activation, context: BindingContext
  ) throws(OperatorError) -> any BoundKernel {
    guard k > 0, n > 0, rows > 0 else { throw .unsupported("there is nothing to multiply") }
    let form = try form(rows: rows, parallel: ThreadPool.shared(threads: context.threads))
    let product = try checked { () throws(TensorError) in
      try DenseProduct(
        m: rows, k: k, n: n, weights: form, bias: bias, activation: activation, threads: context.threads)
    }
    let choice: KernelChoice
    switch form {
    case .inPlace:
      choice = KernelChoice(
        "weights in place", reason: "\(rows) rows, at most \(DenseProduct.inPlaceRows) read the weights once")
    case .panels where precision == .bf16:
      choice = KernelChoice("packed panels \(Bf16Kernels.current.label)")
    case .panels:
      choice = KernelChoice(
        "packed panels",
        reason: isTransposed ? "\(rows) rows share each weight" : "the columns of the weights are not contiguous")
    }
    return DenseKernel(choice: choice, product: product, threads: context.threads)
  }
}

/// A product bound to its sizes.
private struct DenseKernel: BoundKernel {
  let choice: KernelChoice
  let product: DenseProduct
  let threads: Int

  var scratchBytes: Int { product.scratchFloats * threads * 4 }

  func run(_ io: KernelIO) {
    guard let a = io.input(0), let c = io.output(0) else { return }
    product.run(a: a, c: c, scratch: io.floatScratch, parallel: io.parallel)
  }
}

extension [ValueInfo] {
  /// The constant bias at `index`, one float for each of `count` columns: `.some(nil)` where there is none,
  /// `nil` where it is not of that form.
  func columnBias(_ index: Int, count: Int, scale: Float = 1) -> [Float]?? {
    guard let info = at(index) else { return .some(nil) }
    guard let tensor = info.tensor, tensor.elementType == .float, let values = try? tensor.array(of: Float.self)
    else { return nil }
    if values.count == 1, tensor.shape.rank <= 2 {
      return .some([Float](repeating: values[0] * scale, count: count))
    }
    guard values.count == count, tensor.shape.dims.last == count else { return nil }
    return .some(scale == 1 ? values : values.map { $0 * scale })
  }
}
