import AviaryCore

/// `x/2 (1 + erf(x / sqrt 2))`. `com.microsoft.Gelu`.
struct ContributedGelu: FlowOperator {
  static let id = contributed("Gelu")
  private let gelu: Step

  init(attributes: inout Attributes, opset: Int) throws(ImportError) { gelu = try Step("Gelu") }

  func follow(_ flow: Flow, _ inputs: [FlowValue]) throws(OperatorError) -> [FlowValue] {
    [try flow(gelu, try inputs.required(0))]
  }
}

/// The Gelu of `A + B`, B along the last axis. `com.microsoft.BiasGelu`.
struct BiasGelu: FlowOperator {
  static let id = contributed("BiasGelu")
  private let add: Step
  private let gelu: Step

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    (add, gelu) = (try Step("Add"), try Step("Gelu"))
  }

  func follow(_ flow: Flow, _ inputs: [FlowValue]) throws(OperatorError) -> [FlowValue] {
    [try flow(gelu, try flow(add, try inputs.required(0), try inputs.required(1)))]
  }
}

/// The Gelu by way of tanh, of `X` plus an optional bias. `com.microsoft.FastGelu`.
struct FastGelu: FlowOperator {
  static let id = contributed("FastGelu")
  private let add: Step
  private let gelu: Step

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    (add, gelu) = (try Step("Add"), try Step("Gelu", ["approximate": .string("tanh")]))
  }

  func follow(_ flow: Flow, _ inputs: [FlowValue]) throws(OperatorError) -> [FlowValue] {
    var x = try inputs.required(0)
    if let bias = inputs.at(1) { x = try flow(add, x, bias) }
    return [try flow(gelu, x)]
  }
}

/// `x sigmoid(alpha x)`. `com.microsoft.QuickGelu`.
struct QuickGelu: FlowOperator {
  static let id = contributed("QuickGelu")
  private let alpha: Float
  private let multiply: Step
  private let sigmoid: Step
  private let cast: Step

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    alpha = try attributes.float("alpha", default: 1.702)
    (multiply, sigmoid, cast) = (try Step("Mul"), try Step("Sigmoid"), try Step("CastLike"))
  }

  func follow(_ flow: Flow, _ inputs: [FlowValue]) throws(OperatorError) -> [FlowValue] {
    let x = try inputs.required(0)
    let factor = try flow(cast, try Flow.number(alpha), x)
    return [try flow(multiply, x, try flow(sigmoid, try flow(multiply, x, factor)))]
  }
}
