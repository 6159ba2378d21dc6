import AviaryCore
import AviaryKernels

/// Y = alpha A' B' + beta C, where A' is A or its transpose (`transA`), B' likewise; C broadcasts to Y.
///
/// Spec: Gemm. Before version 7 an attribute `broadcast` allowed C to be smaller; from 11 on C may be absent.
/// Integers wrap; with factors other than 1 they are scaled in double precision and truncated.
///
/// The `aviary` form has the attributes `activation` and `activation_params` (see `Activation`).
struct GemmOperator<Form: OperatorForm>: PreparingOperator, BindingOperator {
  static var id: OperatorID { Form.id("Gemm") }
  static var opsets: ClosedRange<Int> { Form.opsets }
  private static var types: Set<ElementType> { .numbers }

  private let transA: Bool
  private let transB: Bool
  private let alpha: Float
  private let beta: Float
  private let activation: Activation
  let precision: Precision
  /// B packed, with `alpha` in it.
  private var packed: PackedColumns?
  /// B as it is, for kernels that decide its form when they know the number of rows.
  private var dense: DenseWeights?

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    transA = try attributes.bool("transA", default: false)
    transB = try attributes.bool("transB", default: false)
    alpha = try attributes.float("alpha", default: 1)
    beta = try attributes.float("beta", default: 1)
    activation = Form.isFused ? try attributes.activation() : .none
    precision = Form.isFused ? try attributes.precision() : .fp32
    // Broadcasting is checked against the shapes whether or not the old attribute asks for it.
    if !Form.isFused, opset < 7 { attributes.ignore("broadcast") }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, Self.types)
    let (a, b) = (try inputs.required(0).shape, try inputs.required(1).shape)
    if let rank = a.rank, rank != 2 { throw .rank(rank, input: 0, needs: "2") }
    if let rank = b.rank, rank != 2 { throw .rank(rank, input: 1, needs: "2") }
    guard !a[transA ? 0 : 1].contradicts(b[transB ? 1 : 0]) else {
      throw .invalid("shapes \(a) and \(b) do not multiply")
    }
    return [ValueInfo(type, SymbolicShape([a[transA ? 1 : 0], b[transB ? 0 : 1]]))]
  }

  func prepared(_ inputs: [ValueInfo]) throws(OperatorError) -> any Operator {
    guard let tensor = inputs.at(1)?.tensor, tensor.elementType.computeType == .float,
      tensor.shape.rank == 2
    else { return self }
    var prepared = self
    if alpha == 1, !transA, let dense = DenseWeights(tensor, isTransposed: transB, precision: precision) {
      prepared.dense = dense
      return prepared
    }
    let float = try tensor.asFloat()
    let columns = tensor.shape[1]
    prepared.packed = try checked { () throws(TensorError) in
      guard let base = try float.unsafeElements(as: Float.self).baseAddress else { return nil }
      let packed = try PackedColumns(
        base, k: tensor.shape[transB ? 1 : 0], n: tensor.shape[transB ? 0 : 1],
        row: transB ? 1 : columns, column: transB ? columns : 1, scale: alpha)
      return withExtendedLifetime(float) { packed }
    }
    return prepared
  }

  var consumedInputs: Set<Int> { packed == nil ? [] : [1] }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    guard let dense, let a = inputs.at(0)?.shape.known, a.count == 2, a[1] == dense.k, !a.contains(0), dense.n > 0,
      case .some(let bias) = beta == 0 ? .some(nil) : inputs.columnBias(2, count: dense.n, scale: beta)
    else { return nil }
    return try dense.kernel(rows: a[0], bias: bias, activation: activation, context: context)
  }

  /// The extents of the product.
  private struct Sizes {
    let m: Int
    let n: Int
    let k: Int
  }

  func run(_ context: RunContext) throws(OperatorError) {
    if dense != nil, try runIfBindable(context) { return }
    let a = try context.input(0)
    guard Self.types.contains(a.elementType), let compute = a.elementType.computeType else {
      throw .type(a.elementType, input: 0)
    }
    guard a.shape.rank == 2 else { throw .rank(a.shape.rank, input: 0, needs: "2") }
    let (k, n): (Int, Int)
    if let packed {
      (k, n) = (packed.k, packed.n)
    } else {
      let b = try context.input(1)
      guard b.elementType == a.elementType else { throw .type(b.elementType, input: 1) }
      guard b.shape.rank == 2 else { throw .rank(b.shape.rank, input: 1, needs: "2") }
      (k, n) = (b.shape[transB ? 1 : 0], b.shape[transB ? 0 : 1])
    }
    guard a.shape[transA ? 0 : 1] == k else {
      throw .invalid("A has \(a.shape[transA ? 0 : 1]) columns, B has \(k) rows")
    }
    let sizes = Sizes(m: a.shape[transA ? 1 : 0], n: n, k: k)
    let c = try context.optionalInput(2)
    if let c {
      guard c.elementType == a.elementType else { throw .type(c.elementType, input: 2) }
      let fits = zip(c.shape.dims.reversed(), [sizes.n, sizes.m]).allSatisfy { $0 == 1 || $0 == $1 }
      guard c.shape.rank <= 2, fits else {
        throw .invalid("C of shape \(c.shape) does not broadcast to \(sizes.m)x\(sizes.n)")
      }
    }
    if compute == .float {
      try runFloat(context, a, c, sizes)
    } else {
      try runGeneral(context, a, c, sizes, compute)
    }
  }

  private func runFloat(
    _ context: RunContext, _ a: Tensor, _ c: Tensor?, _ sizes: Sizes
  ) throws(OperatorError) {
    let (m, n, k) = (sizes.m, sizes.n, sizes.k)
    var epilogue = Epilogue()
    if let c { epilogue = try addend(context, c, sizes) }
    epilogue.activation = activation
    let left = try context.elements(of: a, as: Float.self)
    let columns = a.shape[1]
    if let packed {
      let scratch = try context.scratch(PackedGemm.scratchSize(m: m, n: n, k: k), of: Float.self)
      return try context.makeResult(0, a.elementType, [m, n], as: Float.self) { y in
        guard let base = left.baseAddress, let y = y.baseAddress else { return }
        PackedGemm.run(
          m: m, n: n, k: k, a: .init(base, row: transA ? 1 : columns, column: transA ? columns : 1),
          b: packed.base, c: y, cRow: n, epilogue: epilogue, scratch: scratch.baseAddress,
          parallel: context.parallel)
      }
    }
    var right = try context.elements(of: context.input(1), as: Float.self)
    if alpha != 1 { right = try scaled(context, right, by: alpha) }
    let rightColumns = transB ? k : n
    let gemm = BatchedGemm(m: m, n: n, k: k)
    guard let size = gemm.scratchSize else { throw .resource("the factors are too large to multiply") }
    let memory = try context.scratch(size, of: Float.self)
    try context.makeResult(0, a.elementType, [m, n], as: Float.self) { y in
      guard let left = left.baseAddress, let right = right.baseAddress, let y = y.baseAddress else { return }
      gemm.run(
        count: 1, scratch: WorkerScratch(memory, slots: 1, slotSize: size), parallel: context.parallel
      ) { _ in
        .init(
          a: .init(left, row: transA ? 1 : columns, column: transA ? columns : 1),
          b: .init(right, row: transB ? 1 : rightColumns, column: transB ? rightColumns : 1), c: y,
          cRow: n, epilogue: epilogue)
      }
    }
  }

  /// beta C as the part of the epilogue that it is: a bias of rows or columns, or a whole matrix.
  private func addend(
    _ context: RunContext, _ c: Tensor, _ sizes: Sizes
  ) throws(OperatorError) -> Epilogue {
    guard beta != 0 else { return Epilogue() }
    let values = try scaled(context, context.elements(of: c, as: Float.self), by: beta)
    let dims = [Int](repeating: 1, count: 2 - c.shape.rank) + c.shape.dims
    guard let base = values.baseAddress, !values.isEmpty else { return Epilogue() }
    if dims == [sizes.m, sizes.n] { return Epilogue(residual: base, residualRow: sizes.n) }
    if dims[1] == sizes.n { return Epilogue(columnBias: base) }
    if dims[0] == sizes.m { return Epilogue(rowBias: base) }
    let repeated = try context.scratch(sizes.n, of: Float.self)
    repeated.initialize(repeating: base[0])
    return Epilogue(columnBias: UnsafePointer(repeated.baseAddress))
  }

  private func scaled(
    _ context: RunContext, _ values: UnsafeBufferPointer<Float>, by factor: Float
  ) throws(OperatorError) -> UnsafeBufferPointer<Float> {
    guard factor != 1 else { return values }
    let copy = try context.scratch(values.count, of: Float.self)
    for i in values.indices { copy[i] = values[i] * factor }
    return UnsafeBufferPointer(copy)
  }

  private func runGeneral(
    _ context: RunContext, _ a: Tensor, _ c: Tensor?, _ sizes: Sizes, _ compute: ComputeType
  ) throws(OperatorError) {
    switch compute {
    case .float: try general(context, a, c, sizes, compute, as: Float.self)
    case .double: try general(context, a, c, sizes, compute, as: Double.self)
    case .int64: try general(context, a, c, sizes, compute, as: Int64.self)
    case .uint64: try general(context, a, c, sizes, compute, as: UInt64.self)
    }
  }

  private func general<T: ComputeElement>(
    _ context: RunContext, _ a: Tensor, _ c: Tensor?, _ sizes: Sizes, _ compute: ComputeType,
    as type: T.Type
  ) throws(OperatorError) {
    let (m, n, k) = (sizes.m, sizes.n, sizes.k)
    let left = try context.elements(of: a, as: T.self)
    let right = try context.elements(of: context.input(1), as: T.self)
    let addend = try context.optionalElements(2, as: T.self)
    let (columns, rightColumns) = (a.shape[1], transB ? k : n)
    let cDims = c?.shape.dims ?? []
    let rowStep = cDims.count == 2 && cDims[0] != 1 ? cDims[1] : 0
    let columnStep = (cDims.last ?? 1) == 1 ? 0 : 1
    try context.makeResult(0, a.elementType, [m, n], as: T.self) { y in
      guard let left = left.baseAddress, let right = right.baseAddress, let base = y.baseAddress else {
        return
      }
      GeneralProduct.run(
        compute, m: m, n: n, k: k, a: left, aRow: transA ? 1 : columns, aColumn: transA ? columns : 1,
        b: right, bRow: transB ? 1 : rightColumns, bColumn: transB ? rightColumns : 1, c: base,
        parallel: context.parallel)
      for i in y.indices {
        var sum = Self.scaled(y[i], alpha)
        if let addend { sum = sum.plus(Self.scaled(addend[i / n * rowStep + i % n * columnStep], beta)) }
        y[i] = activation == .none ? sum : T.of(activation(sum.asDouble))
      }
    }
  }

  private static func scaled<T: ComputeElement>(_ value: T, _ factor: Float) -> T {
    factor == 1 ? value : T.of(value.asDouble * Double(factor))
  }
}
