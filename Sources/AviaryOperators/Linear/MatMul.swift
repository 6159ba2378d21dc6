import AviaryCore
import AviaryKernels

/// Y = A B as numpy.matmul defines it: leading axes broadcast, a 1-d factor gains an axis that the result
/// loses.
///
/// Spec: MatMul. Versions 1, 9 and 13 differ in element types only.
///
/// The `aviary` form has a third input (a bias with one value a column) and the attributes `activation` and
/// `activation_params` (see `Activation`).
struct MatMulOperator<Form: OperatorForm>: PreparingOperator, BindingOperator {
  static var id: OperatorID { Form.id("MatMul") }
  static var opsets: ClosedRange<Int> { Form.opsets }
  private static var types: Set<ElementType> { .numbers }

  private let activation: Activation
  let precision: Precision
  private var packed: PackedColumns?
  private var packedDims: [Int] = []
  /// B as it is, for kernels that decide its form when they know the number of rows.
  private var dense: DenseWeights?

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    activation = Form.isFused ? try attributes.activation() : .none
    precision = Form.isFused ? try attributes.precision() : .fp32
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, Self.types)
    let (a, b) = (try inputs.required(0).shape, try inputs.required(1).shape)
    guard let aDims = a.dims, let bDims = b.dims else { return [ValueInfo(type, .unknown)] }
    guard let aLast = aDims.last, let bLast = bDims.last else {
      throw .invalid("a factor is a scalar; MatMul needs at least one axis")
    }
    let inner = bDims.count == 1 ? bLast : bDims[bDims.count - 2]
    guard !aLast.contradicts(inner) else { throw Self.mismatch(a.description, b.description) }
    let batch = try broadcastShape([
      SymbolicShape(Array(aDims.dropLast(2))), SymbolicShape(Array(bDims.dropLast(2))),
    ])
    guard var dims = batch.dims else { return [ValueInfo(type, .unknown)] }
    if aDims.count > 1 { dims.append(aDims[aDims.count - 2]) }
    if bDims.count > 1 { dims.append(bLast) }
    return [ValueInfo(type, SymbolicShape(dims))]
  }

  private static func mismatch(_ a: String, _ b: String) -> OperatorError {
    .invalid("shapes \(a) and \(b) do not multiply: the last axis of the first must match the second's")
  }

  func prepared(_ inputs: [ValueInfo]) throws(OperatorError) -> any Operator {
    guard let tensor = inputs.at(1)?.tensor, tensor.elementType.computeType == .float,
      (1...2).contains(tensor.shape.rank)
    else { return self }
    if let dense = DenseWeights(tensor, isTransposed: false, precision: precision) {
      var prepared = self
      prepared.dense = dense
      return prepared
    }
    let float = try tensor.asFloat()
    let k = tensor.shape[0]
    let n = tensor.shape.rank == 2 ? tensor.shape[1] : 1
    var prepared = self
    prepared.packedDims = tensor.shape.dims
    prepared.packed = try checked { () throws(TensorError) in
      guard let base = try float.unsafeElements(as: Float.self).baseAddress else { return nil }
      let packed = try PackedColumns(base, k: k, n: n, row: n, column: 1)
      return withExtendedLifetime(float) { packed }
    }
    return prepared
  }

  var consumedInputs: Set<Int> { packed == nil ? [] : [1] }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    guard let dense, let a = inputs.at(0)?.shape.known, a.last == dense.k, !a.contains(0), dense.n > 0,
      case .some(let bias) = Form.isFused ? inputs.columnBias(2, count: dense.n) : .some(nil)
    else { return nil }
    // All rows of all matrices on the left meet the same matrix on the right.
    var rows = 1
    for extent in a.dropLast() { rows = try product(rows, extent) }
    return try dense.kernel(rows: rows, bias: bias, activation: activation, context: context)
  }

  func run(_ context: RunContext) throws(OperatorError) {
    if dense != nil, try runIfBindable(context) { return }
    let a = try context.input(0)
    guard Self.types.contains(a.elementType), let compute = a.elementType.computeType else {
      throw .type(a.elementType, input: 0)
    }
    if packed == nil {
      let other = try context.input(1).elementType
      guard other == a.elementType else { throw .type(other, input: 1) }
    }
    let bDims = try packed == nil ? context.input(1).shape.dims : packedDims
    let sizes = try MatMulSizes(a.shape.dims, bDims)
    let bias = Form.isFused ? try context.optionalInput(2) : nil
    if let bias, bias.shape.dims != [sizes.n] {
      throw .invalid("input 2 has shape \(bias.shape), needs \(sizes.n)")
    }
    if compute == .float {
      try runFloat(context, a, sizes, bias)
    } else {
      try runGeneral(context, a, sizes, bias, compute)
    }
  }

  private func runFloat(
    _ context: RunContext, _ a: Tensor, _ sizes: MatMulSizes, _ bias: Tensor?
  ) throws(OperatorError) {
    let (m, n, k) = (sizes.m, sizes.n, sizes.k)
    let left = try context.elements(of: a, as: Float.self)
    let columnBias = try bias == nil ? nil : context.optionalElements(2, as: Float.self)
    let epilogue = Epilogue(columnBias: columnBias?.baseAddress, activation: activation)
    if let packed {
      // All rows of all matrices on the left meet the same matrix on the right.
      let rows = try product(sizes.batchCount, m)
      let scratch = try context.scratch(PackedGemm.scratchSize(m: rows, n: n, k: k), of: Float.self)
      return try context.makeResult(0, a.elementType, sizes.output, as: Float.self) { y in
        guard let base = left.baseAddress, let y = y.baseAddress else { return }
        PackedGemm.run(
          m: rows, n: n, k: k, a: .init(base, row: k), b: packed.base, c: y, cRow: n,
          epilogue: epilogue, scratch: scratch.baseAddress, parallel: context.parallel)
      }
    }
    let right = try context.elements(of: context.input(1), as: Float.self)
    // A matrix on the right that all share is packed once.
    let isShared = sizes.bOffsets.allSatisfy { $0 == 0 } && sizes.aIsContiguous
    let count = isShared ? 1 : sizes.batchCount
    let gemm = BatchedGemm(m: isShared ? try product(sizes.batchCount, m) : m, n: n, k: k)
    guard let size = gemm.scratchSize else { throw .resource("the factors are too large to multiply") }
    let slots = count >= 2 * context.parallel.threads ? context.parallel.threads : 1
    let memory = try context.scratch(product(size, slots), of: Float.self)
    try context.makeResult(0, a.elementType, sizes.output, as: Float.self) { y in
      guard let a = left.baseAddress, let b = right.baseAddress, let y = y.baseAddress else { return }
      gemm.run(
        count: count, scratch: WorkerScratch(memory, slots: slots, slotSize: size),
        parallel: context.parallel
      ) { index in
        .init(
          a: .init(a + sizes.aOffsets[index], row: k), b: .init(b + sizes.bOffsets[index], row: n),
          c: y + index * m * n, cRow: n, epilogue: epilogue)
      }
    }
  }

  private func runGeneral(
    _ context: RunContext, _ a: Tensor, _ sizes: MatMulSizes, _ bias: Tensor?, _ compute: ComputeType
  ) throws(OperatorError) {
    func run<T: ComputeElement>(_ type: T.Type) throws(OperatorError) {
      let left = try context.elements(of: a, as: T.self)
      let right = try context.elements(of: context.input(1), as: T.self)
      let columnBias = try bias == nil ? nil : context.optionalElements(2, as: T.self)
      try context.makeResult(0, a.elementType, sizes.output, as: T.self) { y in
        guard let a = left.baseAddress, let b = right.baseAddress, let base = y.baseAddress else { return }
        for index in 0..<sizes.batchCount {
          GeneralProduct.run(
            compute, m: sizes.m, n: sizes.n, k: sizes.k, a: a + sizes.aOffsets[index], aRow: sizes.k,
            aColumn: 1, b: b + sizes.bOffsets[index], bRow: sizes.n, bColumn: 1,
            c: base + index * sizes.m * sizes.n, parallel: context.parallel)
        }
        guard Form.isFused else { return }
        for i in y.indices {
          let sum = columnBias.map { y[i].plus($0[i % sizes.n]) } ?? y[i]
          y[i] = activation == .none ? sum : T.of(activation(sum.asDouble))
        }
      }
    }
    switch compute {
    case .float: try run(Float.self)
    case .double: try run(Double.self)
    case .int64: try run(Int64.self)
    case .uint64: try run(UInt64.self)
    }
  }
}

/// The sizes of a matrix product over broadcast leading axes.
struct MatMulSizes {
  let m: Int
  let n: Int
  let k: Int
  /// The result's shape.
  let output: [Int]
  /// Where each product's factors begin.
  let aOffsets: [Int]
  let bOffsets: [Int]

  var batchCount: Int { aOffsets.count }
  /// Whether the left factors follow each other as they stand.
  var aIsContiguous: Bool { aOffsets.enumerated().allSatisfy { $1 == $0 * m * k } }

  init(_ a: [Int], _ b: [Int]) throws(OperatorError) {
    guard let aLast = a.last, let bLast = b.last else {
      throw .invalid("a factor is a scalar; MatMul needs at least one axis")
    }
    k = aLast
    m = a.count == 1 ? 1 : a[a.count - 2]
    n = b.count == 1 ? 1 : bLast
    guard (b.count == 1 ? bLast : b[b.count - 2]) == k else {
      throw .invalid("shapes \(a) and \(b) do not multiply: the last axis of the first must match")
    }
    let (aBatch, bBatch) = (Array(a.dropLast(2)), Array(b.dropLast(2)))
    guard
      let batch = try broadcastShape([SymbolicShape(known: aBatch), SymbolicShape(known: bBatch)]).known
    else { throw .invalid("shapes \(a) and \(b) do not broadcast") }
    output = batch + (a.count > 1 ? [m] : []) + (b.count > 1 ? [n] : [])
    // The offsets are a table of one entry a product: the result bounds how many there can be.
    let shape = try Self.shape(output)
    guard shape.count > 0, let batchShape = try? Shape(batch) else {
      (aOffsets, bOffsets) = ([], [])
      return
    }
    aOffsets = Self.offsets(aBatch, batchShape, size: m * k)
    bOffsets = Self.offsets(bBatch, batchShape, size: k * n)
  }

  private static func shape(_ dims: [Int]) throws(OperatorError) -> Shape {
    try checked { () throws(TensorError) in try Shape(dims) }
  }

  private static func offsets(_ dims: [Int], _ batch: Shape, size: Int) -> [Int] {
    var strides = [Int](repeating: 0, count: batch.rank)
    var step = size
    for axis in dims.indices.reversed() {
      if dims[axis] != 1 { strides[axis + batch.rank - dims.count] = step }
      step *= dims[axis]
    }
    var offsets: [Int] = []
    offsets.reserveCapacity(batch.count)
    var digits = [Int](repeating: 0, count: batch.rank)
    var offset = 0
    for _ in 0..<batch.count {
      offsets.append(offset)
      for axis in digits.indices.reversed() {
        digits[axis] += 1
        offset += strides[axis]
        if digits[axis] < batch[axis] { break }
        offset -= strides[axis] * batch[axis]
        digits[axis] = 0
      }
    }
    return offsets
  }
}
