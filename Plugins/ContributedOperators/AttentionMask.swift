import AviaryCore

/// What is added to attention scores to hide keys: made of the integer masks that the contributed operators
/// take.
struct AttentionMask: Sendable {
  /// What a hidden key gets.
  let filter: Float

  /// The mask as numbers that broadcast to `[batch, heads, queries, keys]`.
  ///
  /// - Parameters:
  ///   - mask: `[batch]` (keys in use), `[2 batch]` (where they end, where they begin), `[batch, keys]` or
  ///     `[batch, queries, keys]` (1 where a key is seen).
  ///   - isCausal: whether a query sees only keys up to its own place, counted from the end.
  func numbers(
    _ mask: Tensor?, batch: Int, queries: Int, keys: Int, isCausal: Bool
  ) throws(OperatorError) -> Tensor? {
    guard mask != nil || isCausal else { return nil }
    var rows = 1
    var isSeen: (Int, Int, Int) -> Bool = { _, _, _ in true }
    if let mask {
      let values: [Int]
      do { values = try mask.integers() } catch { throw OperatorError(error) }
      switch mask.shape.dims {
      case [batch]: isSeen = { b, _, k in k < values[b] }
      case [2 * batch]: isSeen = { b, _, k in k < values[b] && k >= values[batch + b] }
      case [batch, keys]: isSeen = { b, _, k in values[b * keys + k] != 0 }
      case [batch, queries, keys]:
        rows = queries
        isSeen = { b, q, k in values[(b * queries + q) * keys + k] != 0 }
      default: throw .unsupported("a mask of shape \(mask.shape) for \(batch) x \(queries) x \(keys)")
      }
    }
    if isCausal { rows = queries }
    let (offset, filter) = (keys - queries, filter)
    do {
      let shape = try Shape([batch, 1, rows, keys])
      guard shape.count <= 1 << 32 else { throw TensorError.outOfMemory(bytes: shape.count) }
      return try Tensor(elementType: .float, shape: shape) { bytes in
        let target = bytes.bindMemory(to: Float.self)
        var place = 0
        for b in 0..<batch {
          for q in 0..<rows {
            for k in 0..<keys {
              let hidden = !isSeen(b, q, k) || (isCausal && k > q + offset)
              target[place] = hidden ? filter : 0
              place += 1
            }
          }
        }
      }
    } catch let error as TensorError {
      throw OperatorError(error)
    } catch { throw .invalid("\(error)") }
  }
}

/// Scaled dot-product attention over heads, and putting heads apart and together.
struct HeadedAttention: Sendable {
  let heads: Int
  let mask: AttentionMask
  let isCausal: Bool
  private let reshape: Step
  private let turn: Step
  private let add: Step
  private let attend: Step

  init(_ attributes: inout Attributes) throws(ImportError) {
    heads = try attributes.int("num_heads").required("num_heads")
    guard heads > 0 else { throw ImportError(.invalidAttribute, "attribute 'num_heads' is \(heads)") }
    mask = AttentionMask(filter: try attributes.float("mask_filter_value", default: -10000))
    isCausal = try attributes.bool("unidirectional", default: false)
    var inner: [String: AttributeValue] = [:]
    if let scale = try attributes.float("scale"), scale != 0 { inner["scale"] = .float(scale) }
    attend = try Step("Attention", inner, opset: 23, outputs: 3)
    (reshape, add) = (try Step("Reshape"), try Step("Add"))
    turn = try Step("Transpose", ["perm": .ints([0, 2, 1, 3])])
  }

  /// `[batch, length, heads * size]` as `[batch, heads, length, size]`.
  func apart(_ flow: Flow, _ value: FlowValue) throws(OperatorError) -> FlowValue {
    if let rank = value.rank, rank != 3 { throw .rank(rank, input: 0, needs: "3") }
    return try flow(turn, try flow(reshape, value, try Flow.integers([0, 0, heads, -1])))
  }

  /// Result `[batch, length, heads * size]`, then keys and values with those of the past.
  func attend(
    _ flow: Flow, _ q: FlowValue, _ k: FlowValue, _ v: FlowValue, mask given: FlowValue?, bias: FlowValue?,
    past: (FlowValue?, FlowValue?)
  ) throws(OperatorError) -> [FlowValue] {
    var addend = bias
    if flow.context != nil, let query = q.tensor, let key = k.tensor {
      let keys = key.shape[2] + (past.0?.tensor.map { $0.shape.rank == 4 ? $0.shape[2] : 0 } ?? 0)
      if let numbers = try mask.numbers(
        given?.tensor, batch: query.shape[0], queries: query.shape[2], keys: keys, isCausal: isCausal)
      {
        let hidden = ValueInfo(constant: .tensor(numbers))
        addend = try bias.map { (bias) throws(OperatorError) in try flow(add, bias, hidden) } ?? hidden
      }
    }
    let all = try flow.all(attend, [q, k, v, addend, past.0, past.1])
    let together = try flow(reshape, try flow(turn, all[0]), try Flow.integers([0, 0, -1]))
    return [together] + all.dropFirst().prefix(2)
  }
}
