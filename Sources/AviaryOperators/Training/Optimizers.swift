import AviaryCore

#if canImport(Glibc)
  import Glibc
#endif

/// `X - r G' / (sqrt(H + G'^2) + epsilon)` with `G' = norm_coefficient X + G` and
/// `r = R / (1 + T decay_factor)`.
///
/// ONNX `ai.onnx.preview.training.Adagrad`, version 1.
struct Adagrad: Operator, OptimizerRule {
  static let id = TrainingDomain.id("Adagrad")
  static let opsets = 1...1

  private let epsilon: Double
  private let decay: Double
  private let norm: Double
  private let form = OptimizerStep(states: 1)

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    epsilon = Double(try attributes.float("epsilon", default: 1e-6))
    decay = Double(try attributes.float("decay_factor", default: 0))
    norm = Double(try attributes.float("norm_coefficient", default: 0))
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] { try form.infer(inputs) }
  func run(_ context: RunContext) throws(OperatorError) { try form.run(context, self) }

  func adjusted(rate: Double, steps: Int) -> Double { rate / (1 + Double(steps) * decay) }

  func step(
    _ x: Double, _ gradient: Double, _ state: (Double, Double), rate: Double, steps: Int
  ) -> (Double, Double, Double) {
    let g = norm * x + gradient
    let h = state.0 + g * g
    return (x - rate * g / (h.squareRoot() + epsilon), h, 0)
  }
}

/// `V = alpha V + (1 - alpha) G'`, `H = beta H + (1 - beta) G'^2`, `X - r V / (sqrt(H) + epsilon)`, where `r` is
/// corrected for the start of training from step 1 on.
///
/// ONNX `ai.onnx.preview.training.Adam`, version 1.
struct Adam: Operator, OptimizerRule {
  static let id = TrainingDomain.id("Adam")
  static let opsets = 1...1

  private let alpha: Double
  private let beta: Double
  private let epsilon: Double
  private let norm: Double
  private let normAfter: Double
  private let form = OptimizerStep(states: 2)

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    alpha = Double(try attributes.float("alpha", default: 0.9))
    beta = Double(try attributes.float("beta", default: 0.999))
    epsilon = Double(try attributes.float("epsilon", default: 1e-6))
    norm = Double(try attributes.float("norm_coefficient", default: 0))
    normAfter = Double(try attributes.float("norm_coefficient_post", default: 0))
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] { try form.infer(inputs) }
  func run(_ context: RunContext) throws(OperatorError) { try form.run(context, self) }

  func adjusted(rate: Double, steps: Int) -> Double {
    guard steps > 0 else { return rate }
    return rate * (1 - pow(beta, Double(steps))).squareRoot() / (1 - pow(alpha, Double(steps)))
  }

  func step(
    _ x: Double, _ gradient: Double, _ state: (Double, Double), rate: Double, steps: Int
  ) -> (Double, Double, Double) {
    let g = norm * x + gradient
    let v = alpha * state.0 + (1 - alpha) * g
    let h = beta * state.1 + (1 - beta) * g * g
    return ((1 - normAfter) * (x - rate * v / (h.squareRoot() + epsilon)), v, h)
  }
}

/// `V = alpha V + beta G'` (`beta` is 1 in step 0), then `X - R V`, or `X - R (G' + alpha V)` in Nesterov's form.
///
/// ONNX `ai.onnx.preview.training.Momentum`, version 1.
struct Momentum: Operator, OptimizerRule {
  static let id = TrainingDomain.id("Momentum")
  static let opsets = 1...1

  private let alpha: Double
  private let beta: Double
  private let norm: Double
  private let isNesterov: Bool
  private let form = OptimizerStep(states: 1)

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    alpha = Double(try attributes.float("alpha").required("alpha"))
    beta = Double(try attributes.float("beta").required("beta"))
    norm = Double(try attributes.float("norm_coefficient").required("norm_coefficient"))
    guard attributes.contains("mode") else {
      throw ImportError(.invalidAttribute, "attribute 'mode' is missing")
    }
    isNesterov =
      try attributes.string("mode", default: "standard", among: ["standard", "nesterov"]) == "nesterov"
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] { try form.infer(inputs) }
  func run(_ context: RunContext) throws(OperatorError) { try form.run(context, self) }

  func adjusted(rate: Double, steps: Int) -> Double { rate }

  func step(
    _ x: Double, _ gradient: Double, _ state: (Double, Double), rate: Double, steps: Int
  ) -> (Double, Double, Double) {
    let g = norm * x + gradient
    let v = alpha * state.0 + (steps > 0 ? beta : 1) * g
    return (x - rate * (isNesterov ? g + alpha * v : v), v, 0)
  }
}
