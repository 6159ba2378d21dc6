import AviaryCore
import AviaryKernels

/// Attention as a recurrence: a state S of key size x value size per head, updated by every position and read by
/// its query, o = scale * q' S.
///
/// Spec: LinearAttention. `update_rule` says how S changes: `linear` adds k v', `gated` multiplies S with e^decay
/// first, `delta` adds beta k (v - S' k)', `gated_delta` does both. Several query heads may share a head of keys
/// and values. `chunk_size` is a hint without effect on results.
struct LinearAttention: Operator {
  static let id = OperatorID("LinearAttention")
  static let opsets = 27...Opset.latest

  private static let types: Set<ElementType> = [.float, .float16, .bfloat16]

  private let heads: (query: Int, key: Int)
  private let scale: Float
  private let isGated: Bool
  private let isDelta: Bool
  private let rule: String

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    heads = (
      try attributes.int("q_num_heads").required("q_num_heads"),
      try attributes.int("kv_num_heads").required("kv_num_heads")
    )
    guard heads.query >= 1, heads.key >= 1, heads.query % heads.key == 0 else {
      throw ImportError(
        .invalidAttribute, "'q_num_heads' is \(heads.query), must be a positive multiple of 'kv_num_heads', \(heads.key)")
    }
    scale = try attributes.float("scale", default: 0)
    rule = try attributes.string(
      "update_rule", default: "gated_delta", among: ["linear", "gated", "delta", "gated_delta"])
    isGated = rule.hasPrefix("gated")
    isDelta = rule.hasSuffix("delta")
    attributes.ignore("chunk_size")
  }

  /// The extents, from the shapes of query, key, value, past_state, decay and beta.
  private func geometry(_ shapes: [[Int]?]) throws(OperatorError) -> LinearRecurrence {
    for index in 0..<3 where shapes[index]?.count != 3 {
      throw .rank(shapes[index]?.count ?? 0, input: index, needs: "3")
    }
    guard let q = shapes[0], let k = shapes[1], let v = shapes[2] else { throw .missingInput(0) }
    guard q[2] % heads.query == 0, k[2] % heads.key == 0, v[2] % heads.key == 0 else {
      throw .invalid("\(q[2]), \(k[2]), \(v[2]) elements do not divide into \(heads.query) and \(heads.key) heads")
    }
    let (keySize, valueSize) = (q[2] / heads.query, v[2] / heads.key)
    guard k[2] / heads.key == keySize else { throw .invalid("heads of query and key differ in size") }
    guard k[..<2] == q[..<2], v[..<2] == q[..<2] else {
      throw .invalid("query, key and value differ in batch or length: \(q), \(k), \(v)")
    }
    if let past = shapes[3], past != [q[0], heads.key, keySize, valueSize] {
      throw .invalid("input 3 has shape \(past), needs \([q[0], heads.key, keySize, valueSize])")
    }
    guard (shapes[4] != nil) == isGated, (shapes[5] != nil) == isDelta else {
      throw .invalid(
        "update_rule '\(rule)' \(isGated ? "needs" : "takes no") decay and \(isDelta ? "needs" : "takes no") beta")
    }
    var steps = (decay: 0, beta: 0)
    if let decay = shapes[4] {
      guard decay.count == 3, decay[..<2] == q[..<2], decay[2] == heads.key || decay[2] == k[2] else {
        throw .invalid("input 4 has shape \(decay), needs \(q[0]) x \(q[1]) x \(heads.key) or \(k[2])")
      }
      steps.decay = decay[2] / heads.key
    }
    if let beta = shapes[5] {
      guard beta.count == 3, beta[..<2] == q[..<2], beta[2] == heads.key || beta[2] == 1 else {
        throw .invalid("input 5 has shape \(beta), needs \(q[0]) x \(q[1]) x \(heads.key) or 1")
      }
      steps.beta = beta[2]
    }
    return LinearRecurrence(
      batch: q[0], length: q[1], queryHeads: heads.query, keyHeads: heads.key, keySize: keySize,
      valueSize: valueSize, decays: steps.decay, betas: steps.beta,
      scale: scale == 0 ? 1 / Float(max(1, keySize)).squareRoot() : scale)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try commonType(inputs, [0, 1, 2] + [4, 5].filter { inputs.at($0) != nil }, Self.types)
    let stateType = inputs.at(3) == nil ? type : try checkedType(inputs, 3, Self.types)
    let shapes = (0..<6).map { inputs.at($0)?.shape.known }
    let areKnown = (0..<6).allSatisfy { inputs.at($0) == nil || shapes[$0] != nil }
    guard areKnown, shapes[0] != nil else { return [ValueInfo(type, .rank(3)), ValueInfo(stateType, .rank(4))] }
    let geometry = try geometry(shapes)
    return [ValueInfo(type, geometry.output), ValueInfo(stateType, geometry.state)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (q, _) = try context.typedInput(0, Self.types)
    var tensors: [Tensor?] = [q]
    for index in 1..<6 {
      let tensor = index < 3 ? try context.input(index) : try context.optionalInput(index)
      // The state may be wider than the rest.
      if let tensor, index == 3 ? !Self.types.contains(tensor.elementType) : tensor.elementType != q.elementType {
        throw .type(tensor.elementType, input: index)
      }
      tensors.append(tensor)
    }
    let recurrence = try geometry(tensors.map { $0?.shape.dims })
    var addresses: [UnsafePointer<Float>?] = []
    for tensor in tensors {
      var address: UnsafePointer<Float>?
      if let tensor { address = try context.elements(of: tensor, as: Float.self).baseAddress }
      addresses.append(address)
    }
    guard let query = addresses[0], let key = addresses[1], let value = addresses[2] else { throw .missingInput(0) }
    let stateCount = try checked { () throws(TensorError) in try Shape(recurrence.state) }.count
    let state = try context.scratch(stateCount, of: Float.self)
    let retrieved = try context.scratch(
      product(product(recurrence.batch, heads.key), recurrence.valueSize), of: Float.self)
    guard let state = state.baseAddress, let retrieved = retrieved.baseAddress else { throw .invalid("no memory") }
    if let past = addresses[3] {
      state.update(from: past, count: stateCount)
    } else {
      state.update(repeating: 0, count: stateCount)
    }
    try context.makeResult(0, q.elementType, recurrence.output, as: Float.self) { y in
      guard let y = y.baseAddress else { return }
      recurrence.run(
        query: query, key: key, value: value, decay: addresses[4], beta: addresses[5], state: state,
        retrieved: retrieved, y, parallel: context.parallel)
    }
    guard context.wants(1) else { return }
    let type = tensors[3]?.elementType ?? q.elementType
    try context.makeResult(1, type, recurrence.state, as: Float.self) { present in
      present.baseAddress?.update(from: state, count: stateCount)
    }
  }
}
