import AviaryCore
import AviaryKernels

/// Y = prob_mod(softmax(score_mod(Q K' scale))) V for every head, the modifiers being graphs of the node.
///
/// Spec: FlexAttention of ai.onnx.preview. Several query heads may share a key head. Modifiers see scores in
/// `softmax_precision` (float, or double for double inputs).
struct FlexAttention: SubgraphOperator {
  static let id = OperatorID("FlexAttention", domain: "ai.onnx.preview")
  static let opsets = 1...1

  private let scale: Float?
  private let precision: ElementType?

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    scale = try attributes.float("scale")
    precision = try attributes.optionalType("softmax_precision", .reals)
    for name in ["score_mod", "prob_mod"] where attributes.contains(name) { _ = try attributes.graph(name) }
  }

  private func shape(_ inputs: [[Int]]) throws(OperatorError) -> AttentionShape {
    for (index, dims) in inputs.enumerated() where dims.count != 4 { throw .rank(dims.count, input: index, needs: "4") }
    return try AttentionShape(q: inputs[0], k: inputs[1], v: inputs[2], heads: (nil, nil), past: nil)
  }

  func infer(_ inputs: [ValueInfo], subgraphs: [String: any Subgraph]) throws(OperatorError) -> [ValueInfo] {
    let type = try commonType(inputs, [0, 1, 2], .reals)
    for index in 0..<3 { if let rank = inputs[index].rank, rank != 4 { throw .rank(rank, input: index, needs: "4") } }
    guard let q = inputs[0].shape.known, let k = inputs[1].shape.known, let v = inputs[2].shape.known else {
      let (q, v) = (inputs[0].shape, inputs[2].shape)
      return [ValueInfo(type, SymbolicShape([q[0], q[1], q[2], v[3]]))]
    }
    return [ValueInfo(type, try shape([q, k, v]).output)]
  }

  func run(_ context: RunContext, subgraphs: [String: any Subgraph]) throws(OperatorError) {
    let (q, compute) = try context.typedInput(0, .reals)
    let (k, _) = try context.typedInput(1, [q.elementType])
    let (v, _) = try context.typedInput(2, [q.elementType])
    let shape = try shape([q.shape.dims, k.shape.dims, v.shape.dims])
    func heads(_ tensor: Tensor) throws(OperatorError) -> HeadProducts.Heads {
      let dims = tensor.shape.dims
      return HeadProducts.Heads(
        UnsafeMutableRawPointer(mutating: try context.address(of: tensor, in: compute)),
        batchStep: dims[1] * dims[2] * dims[3], headStep: dims[2] * dims[3], rowStep: dims[3])
    }
    let count = try checked { () throws(TensorError) in try Shape(shape.scores) }.count
    let memory = try context.scratch(count, in: compute)
    let weights = HeadProducts.Heads(
      memory, batchStep: shape.queryHeads * shape.queries * shape.keys, headStep: shape.queries * shape.keys,
      rowStep: shape.keys)
    try multiply(
      context, shape, compute, n: shape.keys, k: shape.headSize, try heads(q), try heads(k), transposed: true, weights)
    let factor = scale.map { Double($0) } ?? 1 / Double(max(1, shape.headSize)).squareRoot()
    let modifiesScores = subgraphs["score_mod"] != nil
    if modifiesScores { scaleElements(memory, count, compute, factor) }
    try modify(context, subgraphs["score_mod"], "score_mod", memory, shape, compute)
    AttentionScores(
      batch: shape.batch, heads: shape.queryHeads, queries: shape.queries, keys: shape.keys,
      scale: modifiesScores ? 1 : factor
    ).run(isDouble: compute == .double, memory, capture: nil, at: .scaled, parallel: context.parallel)
    try modify(context, subgraphs["prob_mod"], "prob_mod", memory, shape, compute)
    let values = try heads(v)
    try context.makeResult(0, q.elementType, shape.output, in: compute) { output throws(OperatorError) in
      let y = HeadProducts.Heads(
        output, batchStep: shape.queryHeads * shape.queries * shape.valueSize,
        headStep: shape.queries * shape.valueSize, rowStep: shape.valueSize)
      try multiply(
        context, shape, compute, n: shape.valueSize, k: shape.keys, weights, values, transposed: false, y)
    }
  }

  private func multiply(
    _ context: RunContext, _ shape: AttentionShape, _ compute: ComputeType, n: Int, k: Int,
    _ a: HeadProducts.Heads, _ b: HeadProducts.Heads, transposed: Bool, _ c: HeadProducts.Heads
  ) throws(OperatorError) {
    let products = HeadProducts(
      batch: shape.batch, heads: shape.queryHeads, sharing: shape.queryHeads / shape.keyHeads,
      parallel: context.parallel)
    guard compute == .float else {
      return products.doubles(m: shape.queries, n: n, k: k, a: a, b: b, transposed: transposed, c: c)
    }
    let gemm = BatchedGemm(m: shape.queries, n: n, k: k)
    guard let size = gemm.scratchSize else { throw .resource("a head is too large to multiply") }
    let scratch = WorkerScratch(
      try context.scratch(product(size, products.slots), of: Float.self), slots: products.slots, slotSize: size)
    products.floats(gemm, a: a, b: b, transposed: transposed, c: c, scratch: scratch)
  }

  private func scaleElements(
    _ memory: UnsafeMutableRawPointer, _ count: Int, _ compute: ComputeType, _ factor: Double
  ) {
    func scale<T: RealElement>(_ type: T.Type) {
      let values = memory.assumingMemoryBound(to: T.self)
      let factor = T.of(factor)
      for i in 0..<count { values[i] *= factor }
    }
    if compute == .double { scale(Double.self) } else { scale(Float.self) }
  }

  /// Gives the scores to a graph and takes what it makes of them.
  private func modify(
    _ context: RunContext, _ graph: (any Subgraph)?, _ name: String, _ memory: UnsafeMutableRawPointer,
    _ shape: AttentionShape, _ compute: ComputeType
  ) throws(OperatorError) {
    guard let graph else { return }
    let type = precision ?? compute.elementType
    let dims = try checked { () throws(TensorError) in try Shape(shape.scores) }
    let scores = try checked { () throws(TensorError) in
      try Tensor(elementType: type, shape: dims, limits: context.limits) { bytes in
        guard let base = bytes.baseAddress else { return }
        convert(
          ElementRow(memory, compute.elementType), MutableElementRow(base, type), count: dims.count, parallel: Serial())
      }
    }
    let results = try graph.run([.tensor(scores)])
    guard results.count == 1, let result = results[0].tensor else {
      throw .invalid("\(name) makes \(results.count) values, must make one tensor")
    }
    guard result.shape == dims, result.elementType == type, let row = ElementRow(result) else {
      throw .invalid(
        "\(name) makes \(result.elementType.name) of shape \(result.shape), must make \(type.name) of \(dims)")
    }
    withExtendedLifetime(result) {
      convert(row, MutableElementRow(memory, compute.elementType), count: dims.count, parallel: Serial())
    }
  }
}
