import AviaryCore
import AviaryKernels

/// Y = softmax(Q K' scale + masks) V for every head; several query heads may share a key head.
///
/// Spec: Attention. Version 24 brings `nonpad_kv_seqlen`, 25 the sliding window. Causal masks are aligned at
/// the bottom right: query i sees keys up to i plus the number of keys before the queries. A query that sees
/// no key gives zeros. Scores and softmax are computed in float or wider.
struct Attention: Operator {
  static let id = OperatorID("Attention")
  static let opsets = 23...Opset.latest

  private let heads: (query: Int?, key: Int?)
  private let scale: Float?
  private let softcap: Double
  private let isCausal: Bool
  private let window: (left: Int, right: Int)
  private let stage: AttentionScores.Stage

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    heads = (try attributes.int("q_num_heads"), try attributes.int("kv_num_heads"))
    scale = try attributes.float("scale")
    softcap = Double(try attributes.float("softcap", default: 0))
    isCausal = try attributes.bool("is_causal", default: false)
    let mode = try attributes.int("qk_matmul_output_mode", default: 0)
    guard let stage = AttentionScores.Stage(rawValue: mode) else {
      throw ImportError(.invalidAttribute, "attribute 'qk_matmul_output_mode' is \(mode), must be 0 to 3")
    }
    self.stage = stage
    _ = try attributes.elementType("softmax_precision")
    window =
      try opset >= 25
      ? (
        attributes.int("left_window_size", default: -1), attributes.int("right_window_size", default: -1)
      ) : (-1, -1)
    guard window.left >= -1, window.right >= -1 else {
      throw ImportError(.invalidAttribute, "a window size is below -1")
    }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, .reals)
    let valueType = try checkedType(inputs, 2, .reals)
    let types = [type, type, valueType, type]
    let shapes = [try inputs.required(0).shape, try inputs.required(1).shape, try inputs.required(2).shape]
    guard let q = shapes[0].known, let k = shapes[1].known, let v = shapes[2].known else {
      let rank = shapes[0].rank.map { SymbolicShape.rank($0) } ?? .unknown
      return zip(types, [rank, .rank(4), .rank(4), .rank(4)]).map { ValueInfo($0, $1) }
    }
    var past: (key: [Int], value: [Int])?
    if let key = inputs.at(4), let value = inputs.at(5) {
      guard let keyDims = key.shape.known, let valueDims = value.shape.known else {
        let rank = SymbolicShape.rank(q.count)
        return zip(types, [rank, .rank(4), .rank(4), .rank(4)]).map { ValueInfo($0, $1) }
      }
      past = (keyDims, valueDims)
    }
    let shape = try AttentionShape(q: q, k: k, v: v, heads: heads, past: past)
    let dims = [shape.output, shape.presentKey, shape.presentValue, shape.scores]
    return zip(types, dims).map { ValueInfo($0, $1) }
  }

  // MARK: Run

  func run(_ context: RunContext) throws(OperatorError) {
    let (q, compute) = try context.typedInput(0, .reals)
    let (k, _) = try context.typedInput(1, .reals)
    let (v, valueCompute) = try context.typedInput(2, .reals)
    let (pastKey, pastValue) = (try context.optionalInput(4), try context.optionalInput(5))
    guard (pastKey == nil) == (pastValue == nil) else {
      throw .invalid("past_key and past_value must be given together")
    }
    guard k.elementType == q.elementType else { throw .type(k.elementType, input: 1) }
    guard valueCompute == compute else { throw .type(v.elementType, input: 2) }
    var past: (key: [Int], value: [Int])?
    if let pastKey, let pastValue { past = (pastKey.shape.dims, pastValue.shape.dims) }
    let shape = try AttentionShape(
      q: q.shape.dims, k: k.shape.dims, v: v.shape.dims, heads: heads, past: past)
    let keys = try present(context, k, pastKey, shape, compute, size: shape.headSize, output: 1)
    let values = try present(context, v, pastValue, shape, compute, size: shape.valueSize, output: 2)
    let queries = try rows(context, q, shape, compute, sequence: shape.queries, heads: shape.queryHeads)
    let total = try checked { () throws(TensorError) in try Shape(shape.scores) }.count
    let memory = try context.scratch(total, in: compute)
    let weights = HeadProducts.Heads(
      memory, batchStep: shape.queryHeads * shape.queries * shape.keys,
      headStep: shape.queries * shape.keys, rowStep: shape.keys)
    let products = HeadProducts(
      batch: shape.batch, heads: shape.queryHeads, sharing: shape.queryHeads / shape.keyHeads,
      parallel: context.parallel)
    try multiply(
      context, products, compute, m: shape.queries, n: shape.keys, k: shape.headSize, queries, keys,
      transposed: true, weights)
    try distribute(context, shape, compute, memory, q.elementType)
    try context.makeResult(0, q.elementType, shape.output, in: compute) { output throws(OperatorError) in
      let y = HeadProducts.Heads(
        output, batchStep: shape.queries * shape.queryHeads * shape.valueSize,
        headStep: shape.isFlat ? shape.valueSize : shape.queries * shape.valueSize,
        rowStep: shape.isFlat ? shape.queryHeads * shape.valueSize : shape.valueSize)
      try multiply(
        context, products, compute, m: shape.queries, n: shape.valueSize, k: shape.keys, weights, values,
        transposed: false, y)
    }
  }

  private func multiply(
    _ context: RunContext, _ products: HeadProducts, _ compute: ComputeType, m: Int, n: Int, k: Int,
    _ a: HeadProducts.Heads, _ b: HeadProducts.Heads, transposed: Bool, _ c: HeadProducts.Heads
  ) throws(OperatorError) {
    guard compute == .float else {
      return products.doubles(m: m, n: n, k: k, a: a, b: b, transposed: transposed, c: c)
    }
    let gemm = BatchedGemm(m: m, n: n, k: k)
    guard let size = gemm.scratchSize else { throw .resource("a head is too large to multiply") }
    let scratch = WorkerScratch(
      try context.scratch(product(size, products.slots), of: Float.self), slots: products.slots,
      slotSize: size)
    products.floats(gemm, a: a, b: b, transposed: transposed, c: c, scratch: scratch)
  }

  /// Scores become weights; the stage asked for becomes output 3.
  private func distribute(
    _ context: RunContext, _ shape: AttentionShape, _ compute: ComputeType,
    _ scores: UnsafeMutableRawPointer, _ type: ElementType
  ) throws(OperatorError) {
    var rules = AttentionScores(
      batch: shape.batch, heads: shape.queryHeads, queries: shape.queries, keys: shape.keys,
      scale: scale.map { Double($0) } ?? 1 / Double(max(1, shape.headSize)).squareRoot())
    rules.softcap = softcap
    rules.isCausal = isCausal
    rules.window = window
    rules.offsets = [Int](repeating: shape.pastKeys, count: shape.batch)
    if let lengths = try context.optionalInput(6) {
      guard context.optionalValue(4) == nil else {
        throw .invalid("nonpad_kv_seqlen cannot be combined with past_key")
      }
      guard lengths.shape.dims == [shape.batch] else {
        throw .invalid("input 6 has shape \(lengths.shape), needs \(shape.batch)")
      }
      rules.validKeys = try context.integers(6).map { min(max($0, 0), shape.keys) }
      rules.offsets = rules.validKeys.map { $0 - shape.queries }
    }
    rules.mask = try mask(context, shape, compute)
    let isDouble = compute == .double
    guard context.wants(3) else {
      return rules.run(
        isDouble: isDouble, scores, capture: nil, at: stage, parallel: context.parallel)
    }
    try context.makeResult(3, type, shape.scores, in: compute) { capture throws(OperatorError) in
      rules.run(
        isDouble: isDouble, scores, capture: capture, at: stage, parallel: context.parallel)
    }
  }

  /// The mask as numbers to add, false as minus infinity.
  private func mask(
    _ context: RunContext, _ shape: AttentionShape, _ compute: ComputeType
  ) throws(OperatorError) -> AttentionScores.Mask? {
    guard let mask = try context.optionalInput(3) else { return nil }
    let own = mask.shape.dims
    guard (1...4).contains(own.count) else { throw .rank(own.count, input: 3, needs: "1 to 4") }
    let dims = [Int](repeating: 1, count: 4 - own.count) + own
    let full = [shape.batch, shape.queryHeads, shape.queries]
    guard dims[3] <= shape.keys, zip(dims, full).allSatisfy({ $0 == 1 || $0 == $1 }) else {
      throw .invalid("attn_mask of shape \(mask.shape) does not broadcast to \(shape.scores)")
    }
    var values = try context.address(of: mask, in: compute)
    if mask.elementType == .bool {
      let bias = try context.scratch(mask.count, in: compute)
      func fill<T: RealElement>(_ type: T.Type) {
        let (from, to) = (values.assumingMemoryBound(to: T.self), bias.assumingMemoryBound(to: T.self))
        for i in 0..<mask.count { to[i] = from[i] != 0 ? 0 : -.infinity }
      }
      if compute == .double { fill(Double.self) } else { fill(Float.self) }
      values = UnsafeRawPointer(bias)
    }
    let step = dims[3]
    return AttentionScores.Mask(
      values, batchStep: dims[0] == 1 ? 0 : dims[1] * dims[2] * step,
      headStep: dims[1] == 1 ? 0 : dims[2] * step, queryStep: dims[2] == 1 ? 0 : step, keys: step)
  }

  // MARK: Rows of heads

  /// The head vectors of Q, K or V as they stand.
  private func rows(
    _ context: RunContext, _ tensor: Tensor, _ shape: AttentionShape, _ compute: ComputeType,
    sequence: Int, heads: Int
  ) throws(OperatorError) -> HeadProducts.Heads {
    let base = UnsafeMutableRawPointer(mutating: try context.address(of: tensor, in: compute))
    let size = shape.isFlat ? tensor.shape[2] / heads : tensor.shape[3]
    return HeadProducts.Heads(
      base, batchStep: heads * sequence * size, headStep: shape.isFlat ? size : sequence * size,
      rowStep: shape.isFlat ? heads * size : size)
  }

  /// Past and new keys (or values) together, which are also an output; as they stand where there is no past
  /// and nobody wants the output.
  private func present(
    _ context: RunContext, _ new: Tensor, _ past: Tensor?, _ shape: AttentionShape,
    _ compute: ComputeType, size: Int, output: Int
  ) throws(OperatorError) -> HeadProducts.Heads {
    let fresh = try rows(context, new, shape, compute, sequence: shape.newKeys, heads: shape.keyHeads)
    guard past != nil || context.wants(output) else { return fresh }
    let dims = [shape.batch, shape.keyHeads, shape.keys, size]
    let count = try checked { () throws(TensorError) in try Shape(dims) }.count
    let memory = try context.scratch(count, in: compute)
    var old: UnsafeRawPointer?
    if let past { old = try context.address(of: past, in: compute) }
    let width = compute.stride
    for b in 0..<shape.batch {
      for h in 0..<shape.keyHeads {
        let head = b * shape.keyHeads + h
        var target = memory + head * shape.keys * size * width
        if let old {
          let bytes = shape.pastKeys * size * width
          target.copyMemory(from: old + head * bytes, byteCount: bytes)
          target += bytes
        }
        for i in 0..<shape.newKeys {
          let source = b * fresh.batchStep + h * fresh.headStep + i * fresh.rowStep
          (target + i * size * width).copyMemory(from: fresh.base + source * width, byteCount: size * width)
        }
      }
    }
    if context.wants(output) {
      let row = try context.makeRow(output, new.elementType, dims)
      convert(ElementRow(memory, compute.elementType), row, count: count, parallel: context.parallel)
    }
    return HeadProducts.Heads(
      memory, batchStep: shape.keyHeads * shape.keys * size, headStep: shape.keys * size, rowStep: size)
  }
}
