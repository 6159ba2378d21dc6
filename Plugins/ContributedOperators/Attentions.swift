import AviaryCore

/// Attention of an input that is projected first. `com.microsoft.Attention`.
///
/// `input` `[batch, length, width]`, `weights` `[width, q + k + v]`, `bias`, a mask (see `AttentionMask`), `past`
/// `[2, batch, heads, past length, size]`, `attention_bias`. The second output is the past with this input's keys
/// and values.
struct ContributedAttention: FlowOperator {
  static let id = contributed("Attention")
  private let core: HeadedAttention
  private let product: Step
  private let add: Step
  private let split: Step
  private let divide: Step
  private let squeeze: Step
  private let unsqueeze: Step
  private let concat: Step
  private let sizes: [Int]?

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    core = try HeadedAttention(&attributes)
    sizes = try attributes.ints("qkv_hidden_sizes")
    guard try attributes.int("do_rotary", default: 0) == 0,
      try attributes.int("past_present_share_buffer", default: 0) == 0
    else { throw ImportError(.unsupported, "do_rotary and past_present_share_buffer are not done") }
    attributes.ignore("rotary_embedding_dim")
    guard sizes == nil || sizes?.count == 3 else {
      throw ImportError(.invalidAttribute, "qkv_hidden_sizes must be three numbers")
    }
    (product, add) = (try Step("MatMul"), try Step("Add"))
    let parts: [String: AttributeValue] = sizes == nil ? ["num_outputs": .int(3)] : [:]
    split = try Step("Split", parts.merging(["axis": .int(2)]) { a, _ in a }, outputs: 3)
    divide = try Step("Split", ["axis": .int(0), "num_outputs": .int(2)], outputs: 2)
    (squeeze, unsqueeze) = (try Step("Squeeze"), try Step("Unsqueeze"))
    concat = try Step("Concat", ["axis": .int(0)])
  }

  func follow(_ flow: Flow, _ inputs: [FlowValue]) throws(OperatorError) -> [FlowValue] {
    let input = try inputs.required(0)
    if let rank = input.rank, rank != 3 { throw .rank(rank, input: 0, needs: "3") }
    var projected = try flow(product, input, try inputs.required(1))
    if let bias = inputs.at(2) { projected = try flow(add, projected, bias) }
    let lengths = try sizes.map { (sizes) throws(OperatorError) in try Flow.integers(sizes) }
    let parts = try flow.all(split, [projected, lengths])
    var past: (FlowValue?, FlowValue?) = (nil, nil)
    let first = try Flow.integers([0])
    if let given = inputs.at(4) {
      let halves = try flow.all(divide, [given])
      past = (try flow(squeeze, halves[0], first), try flow(squeeze, halves[1], first))
    }
    let all = try core.attend(
      flow, try core.apart(flow, parts[0]), try core.apart(flow, parts[1]), try core.apart(flow, parts[2]),
      mask: inputs.at(3), bias: inputs.at(5), past: past)
    // Keys and values of different sizes have no common tensor.
    guard all.count == 3 else { return [all[0], .unknown] }
    let widths = (all[1].shape[3].value, all[2].shape[3].value)
    guard widths.0 == nil || widths.1 == nil || widths.0 == widths.1 else { return [all[0], .unknown] }
    let present = try flow(
      concat, try flow(unsqueeze, all[1], first), try flow(unsqueeze, all[2], first))
    return [all[0], present]
  }
}

/// Attention of queries, keys and values that are projected already. `com.microsoft.MultiHeadAttention`.
///
/// `query` `[batch, length, width]`, or `[batch, length, heads, 3, size]` with keys and values in it; `key` and
/// `value` alike, `[batch, length, heads, 2, size]` together, or `[batch, heads, length, size]`. Then `bias` for
/// all three, a mask of the keys, `attention_bias`, `past_key`, `past_value`.
struct MultiHeadAttention: FlowOperator {
  static let id = contributed("MultiHeadAttention")
  private let core: HeadedAttention
  private let add: Step
  private let slice: Step
  private let thirds: Step
  private let halves: Step
  private let squeeze: Step
  private let turn: Step

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    core = try HeadedAttention(&attributes)
    (add, slice, squeeze) = (try Step("Add"), try Step("Slice"), try Step("Squeeze"))
    thirds = try Step("Split", ["axis": .int(3), "num_outputs": .int(3)], outputs: 3)
    halves = try Step("Split", ["axis": .int(3), "num_outputs": .int(2)], outputs: 2)
    turn = try Step("Transpose", ["perm": .ints([0, 2, 1, 3])])
  }

  func follow(_ flow: Flow, _ inputs: [FlowValue]) throws(OperatorError) -> [FlowValue] {
    let query = try inputs.required(0)
    guard let rank = query.rank else { return [Flow.unknown(query.elementType), .unknown, .unknown] }
    let (q, k, v): (FlowValue, FlowValue, FlowValue)
    if rank == 5 {
      guard inputs.at(3) == nil else { throw .unsupported("a bias for packed queries, keys and values") }
      let parts = try unpacked(flow, thirds, query)
      (q, k, v) = (parts[0], parts[1], parts[2])
    } else {
      let key = try inputs.required(1)
      guard let keyRank = key.rank else { return [Flow.unknown(query.elementType), .unknown, .unknown] }
      let width = query.shape[2].value
      q = try core.apart(flow, try biased(flow, query, inputs.at(3), from: 0, width))
      switch keyRank {
      case 5:
        let parts = try unpacked(flow, halves, key)
        (k, v) = (parts[0], parts[1])
      case 4: (k, v) = (key, try inputs.required(2))
      default:
        let value = try inputs.required(2)
        k = try core.apart(flow, try biased(flow, key, inputs.at(3), from: width, key.shape[2].value))
        let start = width.flatMap { width in key.shape[2].value.flatMap { width.addingReportingOverflow($0).0 } }
        v = try core.apart(flow, try biased(flow, value, inputs.at(3), from: start, value.shape[2].value))
      }
    }
    return try core.attend(
      flow, q, k, v, mask: inputs.at(4), bias: inputs.at(5), past: (inputs.at(6), inputs.at(7)))
  }

  /// The parts along axis 3, each `[batch, heads, length, size]`.
  private func unpacked(_ flow: Flow, _ step: Step, _ value: FlowValue) throws(OperatorError) -> [FlowValue] {
    try flow.all(step, [value]).map { (part) throws(OperatorError) in
      try flow(turn, try flow(squeeze, part, try Flow.integers([3])))
    }
  }

  /// `value` plus the part of the bias that is its own.
  private func biased(
    _ flow: Flow, _ value: FlowValue, _ bias: FlowValue?, from start: Int?, _ width: Int?
  ) throws(OperatorError) -> FlowValue {
    guard let bias, let start, let width else { return value }
    let (end, overflow) = start.addingReportingOverflow(width)
    guard !overflow else { throw .invalid("the bias is too long") }
    let own = try flow(
      slice, bias, try Flow.integers([start]), try Flow.integers([end]), try Flow.integers([0]))
    return try flow(add, value, own)
  }
}
