import AviaryCore

/// The normalised sum of `input`, `skip` and an optional bias; the fourth output is the sum itself.
///
/// `com.microsoft.SkipLayerNormalization` (gamma, beta) and `SkipSimplifiedLayerNormalization` (gamma only: no
/// mean is taken off).
protocol SkipForm: Sendable {
  static var name: String { get }
  static var isSimplified: Bool { get }
}
enum SkipForms {
  enum Full: SkipForm {
    static let name = "SkipLayerNormalization"
    static let isSimplified = false
  }
  enum Simplified: SkipForm {
    static let name = "SkipSimplifiedLayerNormalization"
    static let isSimplified = true
  }
}

struct SkipLayerNormalization<Form: SkipForm>: FlowOperator {
  static var id: OperatorID { contributed(Form.name) }
  private let add: Step
  private let normalize: Step

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    add = try Step("Add")
    let epsilon = AttributeValue.float(try attributes.float("epsilon", default: 1e-12))
    normalize = Form.isSimplified
      ? try Step("RMSNormalization", ["epsilon": epsilon], opset: 23)
      : try Step("LayerNormalization", ["epsilon": epsilon], outputs: 3)
  }

  func follow(_ flow: Flow, _ inputs: [FlowValue]) throws(OperatorError) -> [FlowValue] {
    var sum = try flow(add, try inputs.required(0), try inputs.required(1))
    if let bias = inputs.at(Form.isSimplified ? 3 : 4) { sum = try flow(add, sum, bias) }
    if Form.isSimplified {
      return [try flow(normalize, sum, try inputs.required(2)), .unknown, .unknown, sum]
    }
    let all = try flow.all(normalize, [sum, try inputs.required(2), inputs.at(3)])
    return Array(all.prefix(3)) + [ValueInfo](repeating: .unknown, count: max(0, 3 - all.count)) + [sum]
  }
}

/// Words, positions and segments looked up, added and normalised. `com.microsoft.EmbedLayerNormalization`.
///
/// The second output counts each row's words by the mask; the third is the sum before it is normalised.
struct EmbedLayerNormalization: FlowOperator {
  static let id = contributed("EmbedLayerNormalization")
  private let gather: Step
  private let slice: Step
  private let add: Step
  private let normalize: Step
  private let count: Step

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    (gather, slice, add) = (try Step("Gather"), try Step("Slice"), try Step("Add"))
    normalize = try Step(
      "LayerNormalization", ["epsilon": .float(attributes.float("epsilon", default: 1e-12))])
    count = try Step("ReduceSum", ["keepdims": .int(0)])
    // Whether the second output is wanted in another form; the form written here is the only one in use.
    attributes.ignore("mask_index_type")
  }

  func follow(_ flow: Flow, _ inputs: [FlowValue]) throws(OperatorError) -> [FlowValue] {
    let ids = try inputs.required(0)
    if let rank = ids.rank, rank != 2 { throw .rank(rank, input: 0, needs: "2") }
    var sum = try flow(gather, try inputs.required(2), ids)
    let positions = try inputs.required(3)
    if let chosen = inputs.at(8) {
      sum = try flow(add, sum, try flow(gather, positions, chosen))
    } else if let length = ids.shape[1].value {
      let rows = try flow(
        slice, positions, try Flow.integers([0]), try Flow.integers([length]), try Flow.integers([0]))
      sum = try flow(add, sum, rows)
    }
    if let segments = inputs.at(1), let table = inputs.at(4) {
      sum = try flow(add, sum, try flow(gather, table, segments))
    }
    let result = try flow(normalize, sum, try inputs.required(5), try inputs.required(6))
    var counts = ValueInfo(.int32, SymbolicShape([ids.shape[0]]))
    if let mask = inputs.at(7) {
      counts = try flow(count, mask, try Flow.integers([1]))
    } else if flow.context != nil, let rows = ids.shape[0].value {
      do {
        counts = ValueInfo(constant: .tensor(try Tensor([Int32](repeating: 0, count: rows))))
      } catch { throw OperatorError(error) }
    }
    return [result, counts, sum]
  }
}
