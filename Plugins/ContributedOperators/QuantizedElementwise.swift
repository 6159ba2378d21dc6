import AviaryCore

/// Numbers in integers: a tensor, its scale and its zero point.
struct Dequantizing: Sendable {
  private let dequantize: Step
  private let quantize: Step

  init() throws(ImportError) {
    (dequantize, quantize) = (try Step("DequantizeLinear"), try Step("QuantizeLinear"))
  }

  /// The real numbers of inputs `first`, `first + 1`, `first + 2`.
  func real(_ flow: Flow, _ inputs: [FlowValue], _ first: Int) throws(OperatorError) -> FlowValue {
    try flow(dequantize, try inputs.required(first), try inputs.required(first + 1), inputs.at(first + 2))
  }

  /// Integers of `value` with the scale and zero point of inputs `first` and `first + 1`; uint8 without one.
  func integers(
    _ flow: Flow, _ value: FlowValue, _ inputs: [FlowValue], _ first: Int
  ) throws(OperatorError) -> FlowValue {
    try flow(quantize, value, try inputs.required(first), inputs.at(first + 1))
  }
}

/// What is computed between taking integers apart and putting them together again.
protocol QuantizedForm: Sendable {
  static var name: String { get }
  /// Quantised operands before the result's scale and zero point.
  static var operands: Int { get }
  static func step(_ attributes: inout Attributes) throws(ImportError) -> Step
}

extension QuantizedForm { static var operands: Int { 1 } }

/// `com.microsoft.QLinear...`: integers in, integers out, computed in single precision between.
struct QuantizedOperator<Form: QuantizedForm>: FlowOperator {
  static var id: OperatorID { contributed(Form.name) }
  private let form: Step
  private let numbers: Dequantizing

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    (form, numbers) = (try Form.step(&attributes), try Dequantizing())
  }

  func follow(_ flow: Flow, _ inputs: [FlowValue]) throws(OperatorError) -> [FlowValue] {
    var operands: [FlowValue?] = []
    for index in 0..<Form.operands { operands.append(try numbers.real(flow, inputs, 3 * index)) }
    return [try numbers.integers(flow, try flow.all(form, operands)[0], inputs, 3 * Form.operands)]
  }
}

enum QuantizedForms {
  enum Add: QuantizedForm {
    static let name = "QLinearAdd"
    static let operands = 2
    static func step(_ attributes: inout Attributes) throws(ImportError) -> Step { try Step("Add") }
  }
  enum Mul: QuantizedForm {
    static let name = "QLinearMul"
    static let operands = 2
    static func step(_ attributes: inout Attributes) throws(ImportError) -> Step { try Step("Mul") }
  }
  enum LeakyRelu: QuantizedForm {
    static let name = "QLinearLeakyRelu"
    static func step(_ attributes: inout Attributes) throws(ImportError) -> Step {
      try Step("LeakyRelu", attributes.take(["alpha"]))
    }
  }
  enum Sigmoid: QuantizedForm {
    static let name = "QLinearSigmoid"
    static func step(_ attributes: inout Attributes) throws(ImportError) -> Step { try Step("Sigmoid") }
  }
  enum Softmax: QuantizedForm {
    static let name = "QLinearSoftmax"
    static func step(_ attributes: inout Attributes) throws(ImportError) -> Step {
      // Before version 13 the axes from `axis` on are one.
      let opset = try attributes.int("opset").required("opset")
      return try Step("Softmax", attributes.take(["axis"]), opset: opset < 13 ? 11 : 13)
    }
  }
}

/// `com.microsoft.QLinearAveragePool` and `com.microsoft.QLinearGlobalAveragePool`: with `channels_last` the
/// channels are the last axis.
protocol QuantizedPoolForm: Sendable {
  static var name: String { get }
  static var inner: String { get }
  static var attributes: [String] { get }
}

enum QuantizedPools {
  enum Average: QuantizedPoolForm {
    static let name = "QLinearAveragePool"
    static let inner = "AveragePool"
    static let attributes = ["auto_pad", "ceil_mode", "count_include_pad", "kernel_shape", "pads", "strides"]
  }
  enum Global: QuantizedPoolForm {
    static let name = "QLinearGlobalAveragePool"
    static let inner = "GlobalAveragePool"
    static let attributes: [String] = []
  }
}

struct QuantizedPool<Form: QuantizedPoolForm>: FlowOperator {
  static var id: OperatorID { contributed(Form.name) }
  private let pool: Step
  private let numbers: Dequantizing
  private let isChannelsLast: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    pool = try Step(Form.inner, attributes.take(Form.attributes), opset: 19)
    numbers = try Dequantizing()
    isChannelsLast = try attributes.bool("channels_last", default: false)
  }

  func follow(_ flow: Flow, _ inputs: [FlowValue]) throws(OperatorError) -> [FlowValue] {
    var x = try numbers.real(flow, inputs, 0)
    if isChannelsLast {
      guard let rank = x.rank else { return [Flow.unknown(try inputs.required(0).elementType)] }
      guard rank >= 3 else { throw .rank(rank, input: 0, needs: "3 or more") }
      x = try flow(try axes([0, rank - 1] + Array(1..<rank - 1)), x)
      let pooled = try flow(pool, x)
      let back = try flow(try axes([0] + Array(2..<rank) + [1]), pooled)
      return [try numbers.integers(flow, back, inputs, 3)]
    }
    return [try numbers.integers(flow, try flow(pool, x), inputs, 3)]
  }

  private func axes(_ order: [Int]) throws(OperatorError) -> Step {
    do { return try Step("Transpose", ["perm": .ints(order.map { Int64($0) })]) } catch {
      throw .invalid("\(error)")
    }
  }
}

/// Tensors of different scales joined along `axis`. `com.microsoft.QLinearConcat`: the result's scale and zero
/// point come first, then tensor, scale and zero point of each part.
struct QLinearConcat: FlowOperator {
  static let id = contributed("QLinearConcat")
  private let concat: Step
  private let numbers: Dequantizing

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    (concat, numbers) = (try Step("Concat", attributes.take(["axis"])), try Dequantizing())
  }

  func follow(_ flow: Flow, _ inputs: [FlowValue]) throws(OperatorError) -> [FlowValue] {
    guard inputs.count >= 5, (inputs.count - 2).isMultiple(of: 3) else {
      throw .invalid("\(inputs.count) inputs: after two there must be three for each part")
    }
    var parts: [FlowValue?] = []
    for first in stride(from: 2, to: inputs.count, by: 3) { parts.append(try numbers.real(flow, inputs, first)) }
    return [try numbers.integers(flow, try flow.all(concat, parts)[0], inputs, 0)]
  }
}

/// The choice between quantised tensors. `com.microsoft.QLinearWhere`.
struct QLinearWhere: FlowOperator {
  static let id = contributed("QLinearWhere")
  private let choose: Step
  private let numbers: Dequantizing

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    (choose, numbers) = (try Step("Where"), try Dequantizing())
  }

  func follow(_ flow: Flow, _ inputs: [FlowValue]) throws(OperatorError) -> [FlowValue] {
    let (x, y) = (try numbers.real(flow, inputs, 1), try numbers.real(flow, inputs, 4))
    return [try numbers.integers(flow, try flow(choose, try inputs.required(0), x, y), inputs, 7)]
  }
}

/// `com.microsoft.QuantizeLinear` and `DequantizeLinear`: the standard operators with the types that came to
/// them later, as quantisers write them into older models.
protocol LinearName: Sendable { static var name: String { get } }
enum LinearNames {
  enum Quantize: LinearName { static let name = "QuantizeLinear" }
  enum Dequantize: LinearName { static let name = "DequantizeLinear" }
}

struct ContributedLinear<Name: LinearName>: FlowOperator {
  static var id: OperatorID { contributed(Name.name) }
  private let step: Step

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    step = try Step(Name.name, attributes.take(["axis", "block_size", "output_dtype", "saturate"]))
  }

  func follow(_ flow: Flow, _ inputs: [FlowValue]) throws(OperatorError) -> [FlowValue] {
    [try flow(step, try inputs.required(0), try inputs.required(1), inputs.at(2))]
  }
}
