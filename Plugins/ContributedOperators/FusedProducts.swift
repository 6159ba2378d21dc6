import AviaryCore

/// `alpha A B`, with either factor transposed first. `com.microsoft.FusedMatMul` and its older name
/// `TransposeMatMul`.
///
/// `transBatchA` moves the first axis behind the other batch axes before that.
protocol FusedMatMulName: Sendable { static var name: String { get } }
enum FusedMatMulNames {
  enum Fused: FusedMatMulName { static let name = "FusedMatMul" }
  enum Transposed: FusedMatMulName { static let name = "TransposeMatMul" }
}

struct FusedMatMul<Name: FusedMatMulName>: FlowOperator {
  static var id: OperatorID { contributed(Name.name) }
  private let alpha: Float
  private let transposes: (a: Bool, b: Bool)
  private let batches: (a: Bool, b: Bool)
  private let product: Step
  private let multiply: Step
  private let cast: Step

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    alpha = try attributes.float("alpha", default: 1)
    transposes = (try attributes.bool("transA", default: false), try attributes.bool("transB", default: false))
    batches = (
      try attributes.bool("transBatchA", default: false), try attributes.bool("transBatchB", default: false)
    )
    (product, multiply, cast) = (try Step("MatMul"), try Step("Mul"), try Step("CastLike"))
  }

  func follow(_ flow: Flow, _ inputs: [FlowValue]) throws(OperatorError) -> [FlowValue] {
    let a = try inputs.required(0)
    guard let left = try turned(flow, a, transposes.a, batches.a),
      let right = try turned(flow, try inputs.required(1), transposes.b, batches.b)
    else { return [Flow.unknown(a.elementType)] }
    let result = try flow(product, left, right)
    return [alpha == 1 ? result : try flow(multiply, result, try flow(cast, try Flow.number(alpha), result))]
  }

  /// `nil` where the rank is not known yet.
  private func turned(
    _ flow: Flow, _ value: FlowValue, _ swaps: Bool, _ batch: Bool
  ) throws(OperatorError) -> FlowValue? {
    guard swaps || batch else { return value }
    guard let rank = value.rank else { return nil }
    // A vector has nothing to swap.
    guard rank >= 2 else { return value }
    var order = Array(0..<rank)
    if batch, rank > 2 { order = Array(1..<rank - 1) + [0, rank - 1] }
    if swaps { order.swapAt(rank - 1, rank - 2) }
    let transpose: Step
    do { transpose = try Step("Transpose", ["perm": .ints(order.map { Int64($0) })]) } catch {
      throw .invalid("\(error)")
    }
    return try flow(transpose, value)
  }
}

/// Gemm with an activation. `com.microsoft.FusedGemm`.
struct FusedGemm: FlowOperator {
  static let id = contributed("FusedGemm")
  private let gemm: Step
  private let activation: FusedActivation

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    gemm = try Step("Gemm", attributes.take(["alpha", "beta", "transA", "transB"]))
    let parameters = [
      try attributes.float("activation_alpha"), try attributes.float("activation_beta"),
      try attributes.float("activation_gamma"),
    ]
    activation = try FusedActivation(
      try attributes.string("activation"), Array(parameters.prefix { $0 != nil }.compactMap { $0 }))
  }

  func follow(_ flow: Flow, _ inputs: [FlowValue]) throws(OperatorError) -> [FlowValue] {
    let product = try flow(gemm, try inputs.required(0), try inputs.required(1), inputs.at(2))
    return [try activation.apply(flow, product)]
  }
}

/// Conv, plus `Z` where it is given, with an activation. `com.microsoft.FusedConv`.
struct FusedConv: FlowOperator {
  static let id = contributed("FusedConv")
  private let conv: Step
  private let add: Step
  private let activation: FusedActivation

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    conv = try Step(
      "Conv", attributes.take(["auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"]))
    add = try Step("Add")
    activation = try FusedActivation(
      try attributes.string("activation"), try attributes.floats("activation_params") ?? [])
  }

  func follow(_ flow: Flow, _ inputs: [FlowValue]) throws(OperatorError) -> [FlowValue] {
    var result = try flow(conv, try inputs.required(0), try inputs.required(1), inputs.at(2))
    if let other = inputs.at(3) { result = try flow(add, result, other) }
    return [try activation.apply(flow, result)]
  }
}
