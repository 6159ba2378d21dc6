import AviaryCore
import AviaryOperators

/// A value on the way through an operator that is made of others: what is known of it, and at run time its
/// content too.
typealias FlowValue = ValueInfo

/// A way through standard operators, taken twice: while planning, to say what comes out, and at run time.
/// One description of the steps serves both, so that they cannot disagree.
struct Flow {
  /// Where the steps run; `nil` while planning.
  let context: RunContext?

  /// The first output of a step.
  func callAsFunction(_ step: Step, _ inputs: FlowValue?...) throws(OperatorError) -> FlowValue {
    try all(step, inputs)[0]
  }

  /// All outputs of a step.
  func all(_ step: Step, _ inputs: [FlowValue?]) throws(OperatorError) -> [FlowValue] {
    guard let context else { return try step.operator.infer(inputs.map { $0 ?? .absent }) }
    let inner = RunContext(
      inputs: inputs.map { $0?.constant }, outputCount: step.outputs, limits: context.limits,
      parallel: context.parallel)
    try step.operator.run(inner)
    return inner.outputs.map { $0.map { ValueInfo(constant: $0) } ?? .absent }
  }

  /// A list of integers as an input.
  static func integers(_ values: [Int]) throws(OperatorError) -> FlowValue {
    do { return ValueInfo(constant: .tensor(try Tensor(values.map { Int64($0) }))) } catch {
      throw OperatorError(error)
    }
  }

  /// A number as an input.
  static func number(_ value: Float) throws(OperatorError) -> FlowValue {
    do { return ValueInfo(constant: .tensor(try Tensor(scalar: value))) } catch { throw OperatorError(error) }
  }

  /// A value whose type is right and whose shape nobody knows yet.
  static func unknown(_ type: ElementType?) -> FlowValue { ValueInfo(type, .unknown) }
}

/// A standard operator as part of another one.
struct Step: Sendable {
  let `operator`: any Operator
  let outputs: Int

  private static let registry = try? StandardOperators.registry()

  /// - Throws: `ImportError` where the attributes are refused.
  init(
    _ name: String, _ attributes: [String: AttributeValue] = [:], opset: Int = 21, outputs: Int = 1
  ) throws(ImportError) {
    guard let factory = Self.registry?.factory(for: OperatorID(name), opset: opset) else {
      throw ImportError(.unsupported, "needs the operator \(name), which is not there")
    }
    var decoded = Attributes(attributes)
    self.operator = try factory.make(&decoded, opset: opset)
    self.outputs = outputs
  }
}

/// An operator that is a way through standard ones.
protocol FlowOperator: Operator {
  /// What comes out. Called with what is known of the inputs, and at run time with the inputs.
  func follow(_ flow: Flow, _ inputs: [FlowValue]) throws(OperatorError) -> [FlowValue]
}

extension FlowOperator {
  static var opsets: ClosedRange<Int> { 1...1 }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    try follow(Flow(context: nil), inputs)
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let inputs = context.inputs.map { $0.map { ValueInfo(constant: $0) } ?? .absent }
    for (index, output) in try follow(Flow(context: context), inputs).enumerated() {
      if let value = output.constant { context.set(index, value) }
    }
  }
}

/// The domain of ONNX Runtime's own operators.
func contributed(_ name: String) -> OperatorID { OperatorID(name, domain: "com.microsoft") }

extension Attributes {
  /// Takes over those of the named attributes that are there, for a step inside.
  mutating func take(_ names: [String]) -> [String: AttributeValue] {
    var taken: [String: AttributeValue] = [:]
    for name in names { if let value = value(name) { taken[name] = value } }
    return taken
  }
}

/// The activation of a fused operator, by its ONNX name and parameters.
struct FusedActivation: Sendable {
  private let step: Step?
  private let bounds: (Float, Float)?

  init(_ name: String?, _ parameters: [Float]) throws(ImportError) {
    func float(_ index: Int, _ fallback: Float) -> AttributeValue {
      .float(parameters.indices.contains(index) ? parameters[index] : fallback)
    }
    var bounds: (Float, Float)?
    switch name ?? "" {
    case "": step = nil
    case "Clip":
      bounds = parameters.count >= 2 ? (parameters[0], parameters[1]) : (-.greatestFiniteMagnitude, .greatestFiniteMagnitude)
      step = try Step("Clip")
    case "LeakyRelu": step = try Step("LeakyRelu", ["alpha": float(0, 0.01)])
    case "Elu": step = try Step("Elu", ["alpha": float(0, 1)])
    case "HardSigmoid": step = try Step("HardSigmoid", ["alpha": float(0, 0.2), "beta": float(1, 0.5)])
    case "Relu", "Tanh", "Sigmoid", "Softplus", "Softsign", "HardSwish": step = try Step(name ?? "")
    case let other: throw ImportError(.invalidAttribute, "attribute 'activation' is '\(other)', which is none")
    }
    self.bounds = bounds
  }

  func apply(_ flow: Flow, _ value: FlowValue) throws(OperatorError) -> FlowValue {
    guard let step else { return value }
    guard let bounds else { return try flow(step, value) }
    return try flow(step, value, try Flow.number(bounds.0), try Flow.number(bounds.1))
  }
}
