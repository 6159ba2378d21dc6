import AviaryCore

/// `(A - a_zero_point) (B - b_zero_point) a_scale b_scale + bias`, from integers to numbers.
struct IntegerProduct: Sendable {
  private let product: Step
  private let cast: Step
  private let multiply: Step
  private let add: Step

  init() throws(ImportError) {
    (product, multiply, add) = (try Step("MatMulInteger"), try Step("Mul"), try Step("Add"))
    cast = try Step("Cast", ["to": .int(1)])
  }

  func follow(
    _ flow: Flow, _ a: FlowValue, _ b: FlowValue, scales: (FlowValue, FlowValue), zeros: (FlowValue?, FlowValue?),
    bias: FlowValue?
  ) throws(OperatorError) -> FlowValue {
    let sums = try flow(cast, try flow(product, a, b, zeros.0, zeros.1))
    let result = try flow(multiply, sums, try flow(multiply, scales.0, scales.1))
    return if let bias { try flow(add, result, bias) } else { result }
  }
}

/// `com.microsoft.MatMulIntegerToFloat`.
struct MatMulIntegerToFloat: FlowOperator {
  static let id = contributed("MatMulIntegerToFloat")
  private let product: IntegerProduct

  init(attributes: inout Attributes, opset: Int) throws(ImportError) { product = try IntegerProduct() }

  func follow(_ flow: Flow, _ inputs: [FlowValue]) throws(OperatorError) -> [FlowValue] {
    [
      try product.follow(
        flow, try inputs.required(0), try inputs.required(1),
        scales: (try inputs.required(2), try inputs.required(3)), zeros: (inputs.at(4), inputs.at(5)),
        bias: inputs.at(6))
    ]
  }
}

/// The same with `A` as numbers, quantised to uint8 by its own range. `com.microsoft.DynamicQuantizeMatMul`.
struct DynamicQuantizeMatMul: FlowOperator {
  static let id = contributed("DynamicQuantizeMatMul")
  private let product: IntegerProduct
  private let quantize: Step

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    (product, quantize) = (try IntegerProduct(), try Step("DynamicQuantizeLinear", outputs: 3))
  }

  func follow(_ flow: Flow, _ inputs: [FlowValue]) throws(OperatorError) -> [FlowValue] {
    let parts = try flow.all(quantize, [try inputs.required(0)])
    return [
      try product.follow(
        flow, parts[0], try inputs.required(1), scales: (parts[1], try inputs.required(2)),
        zeros: (parts[2], inputs.at(3)), bias: inputs.at(4))
    ]
  }
}

/// Gemm of integers. `com.microsoft.QGemm`: `C` is int32 with scale `a_scale b_scale`; without `y_scale` the
/// result is numbers.
struct QGemm: FlowOperator {
  static let id = contributed("QGemm")
  private let alpha: Float
  private let turns: (a: Step?, b: Step?)
  private let product: Step
  private let add: Step
  private let multiply: Step
  private let cast: Step
  private let quantize: Step

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    alpha = try attributes.float("alpha", default: 1)
    let swap = try Step("Transpose", ["perm": .ints([1, 0])])
    turns = (
      try attributes.bool("transA", default: false) ? swap : nil,
      try attributes.bool("transB", default: false) ? swap : nil
    )
    (product, add, multiply) = (try Step("MatMulInteger"), try Step("Add"), try Step("Mul"))
    (cast, quantize) = (try Step("Cast", ["to": .int(1)]), try Step("QuantizeLinear"))
  }

  func follow(_ flow: Flow, _ inputs: [FlowValue]) throws(OperatorError) -> [FlowValue] {
    var (a, b) = (try inputs.required(0), try inputs.required(3))
    if let turn = turns.a { a = try flow(turn, a) }
    if let turn = turns.b { b = try flow(turn, b) }
    var sums = try flow(product, a, b, inputs.at(2), inputs.at(5))
    if let c = inputs.at(6) { sums = try flow(add, sums, c) }
    var scale = try flow(multiply, try inputs.required(1), try inputs.required(4))
    if alpha != 1 { scale = try flow(multiply, scale, try Flow.number(alpha)) }
    let result = try flow(multiply, try flow(cast, sums), scale)
    guard let target = inputs.at(7) else { return [result] }
    return [try flow(quantize, result, target, inputs.at(8))]
  }
}

/// LSTM with integer weights. `com.microsoft.DynamicQuantizeLSTM`: `W` is `[directions, inputs, 4 hidden]`, `R`
/// `[directions, hidden, 4 hidden]`, the other way round than in LSTM.
///
/// Weights become numbers and activations stay so: more exact than ONNX Runtime, which rounds them to 8 bits on
/// the way; results differ by that rounding, about 1 in 100.
struct DynamicQuantizeLSTM: FlowOperator {
  static let id = contributed("DynamicQuantizeLSTM")
  private let lstm: Step
  private let swap: Step
  private let cast: Step
  private let subtract: Step
  private let multiply: Step
  private let unsqueeze: Step

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    lstm = try Step(
      "LSTM",
      attributes.take([
        "activation_alpha", "activation_beta", "activations", "clip", "direction", "hidden_size", "input_forget",
      ]), opset: 14, outputs: 3)
    swap = try Step("Transpose", ["perm": .ints([0, 2, 1])])
    (subtract, multiply, unsqueeze) = (try Step("Sub"), try Step("Mul"), try Step("Unsqueeze"))
    cast = try Step("Cast", ["to": .int(1)])
  }

  func follow(_ flow: Flow, _ inputs: [FlowValue]) throws(OperatorError) -> [FlowValue] {
    let w = try weights(flow, try inputs.required(1), try inputs.required(8), try inputs.required(9))
    let r = try weights(flow, try inputs.required(2), try inputs.required(10), try inputs.required(11))
    guard let w, let r else {
      return [Flow.unknown(.float), Flow.unknown(.float), Flow.unknown(.float)]
    }
    return try flow.all(
      lstm, [try inputs.required(0), w, r, inputs.at(3), inputs.at(4), inputs.at(5), inputs.at(6), inputs.at(7)])
  }

  /// Scales are one a direction, or one a direction and column; `nil` where their rank is not known yet.
  private func weights(
    _ flow: Flow, _ value: FlowValue, _ scale: FlowValue, _ zero: FlowValue
  ) throws(OperatorError) -> FlowValue? {
    guard let scaleRank = scale.rank, let zeroRank = zero.rank else { return nil }
    func widened(_ value: FlowValue, _ rank: Int) throws(OperatorError) -> FlowValue {
      switch rank {
      case 1: try flow(unsqueeze, value, try Flow.integers([1, 2]))
      case 2: try flow(unsqueeze, value, try Flow.integers([1]))
      default: throw .rank(rank, input: 8, needs: "1 or 2")
      }
    }
    let centred = try flow(
      subtract, try flow(cast, value), try flow(cast, try widened(zero, zeroRank)))
    return try flow(swap, try flow(multiply, centred, try widened(scale, scaleRank)))
  }
}
