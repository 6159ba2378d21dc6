import AviaryCore
import AviaryKernels

// Activation functions with attributes. Attributes are single precision in every version.

/// max(0, min(1, alpha x + beta))
struct HardSigmoid: UnaryFunction, RealFunction {
  static let name = "HardSigmoid"
  let alpha, beta: Float
  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    alpha = try attributes.float("alpha", default: 0.2)
    beta = try attributes.float("beta", default: 0.5)
  }
  func apply<T: RealElement>(_ x: T) -> T {
    let line = T.of(alpha) * x + T.of(beta)
    return line < 0 ? 0 : line > 1 ? 1 : line
  }
}

/// x for x >= 0, alpha x below
struct LeakyRelu: UnaryFunction, RealFunction {
  static let name = "LeakyRelu"
  let alpha: Float
  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    alpha = try attributes.float("alpha", default: 0.01)
  }
  func apply<T: RealElement>(_ x: T) -> T { x < 0 ? x * T.of(alpha) : x }
}

/// x for x >= 0, alpha (e^x - 1) below (arXiv:1511.07289)
struct Elu: UnaryFunction, RealFunction {
  static let name = "Elu"
  let alpha: Float
  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    alpha = try attributes.float("alpha", default: 1)
  }
  func apply<T: RealElement>(_ x: T) -> T { x < 0 ? T.of(alpha) * T.expm1(x) : x }
}

/// gamma x for x > 0, gamma alpha (e^x - 1) below (arXiv:1706.02515). The defaults of opset 1 had fewer
/// digits.
struct Selu: UnaryFunction, RealFunction {
  static let name = "Selu"
  let alpha, gamma: Float
  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    alpha = try attributes.float("alpha", default: opset < 6 ? 1.6732 : 1.6732632)
    gamma = try attributes.float("gamma", default: opset < 6 ? 1.0507 : 1.050701)
  }
  func apply<T: RealElement>(_ x: T) -> T {
    T.of(gamma) * (x <= 0 ? T.of(alpha) * T.expm1(x) : x)
  }
}

/// max(0, x) + min(0, alpha (e^(x / alpha) - 1)) (arXiv:1704.07483)
struct Celu: UnaryFunction, RealFunction {
  static let name = "Celu"
  static let since = 12
  let alpha: Float
  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    alpha = try attributes.float("alpha", default: 1)
  }
  func apply<T: RealElement>(_ x: T) -> T {
    let tail = T.of(alpha) * T.expm1(x / T.of(alpha))
    return (x < 0 ? 0 : x) + (tail > 0 ? 0 : tail)
  }
}

/// x for x > alpha, 0 elsewhere
struct ThresholdedRelu: UnaryFunction, RealFunction {
  static let name = "ThresholdedRelu"
  static let since = 10
  let alpha: Float
  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    alpha = try attributes.float("alpha", default: 1)
  }
  func apply<T: RealElement>(_ x: T) -> T { x <= T.of(alpha) ? 0 : x }
}

/// x + bias for x < -lambd, x - bias for x > lambd, 0 between
struct Shrink: UnaryFunction, RealFunction {
  static let name = "Shrink"
  static let since = 9
  static let types = Set.numbers
  /// Integers meet fractional bounds, so they are computed as real numbers and truncated.
  static func compute(_ type: ElementType) -> ComputeType? { type.isInteger ? .double : type.computeType }
  let bias, lambd: Float
  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    bias = try attributes.float("bias", default: 0)
    lambd = try attributes.float("lambd", default: 0.5)
  }
  func apply<T: RealElement>(_ x: T) -> T {
    if x < -T.of(lambd) { return x + T.of(bias) }
    if x > T.of(lambd) { return x - T.of(bias) }
    return x.isNaN ? x : 0
  }
}

/// x * sigmoid(alpha x) (arXiv:1710.05941); alpha = 1 is also called SiLU.
struct Swish: UnaryFunction, RealFunction {
  static let name = "Swish"
  static let since = 24
  let alpha: Float
  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    alpha = try attributes.float("alpha", default: 1)
  }
  func apply<T: RealElement>(_ x: T) -> T { x * T.sigmoid(T.of(alpha) * x) }
  func floats(_ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ count: Int) {
    if alpha == 1 { return VectorMath.silu(y, x, count) }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 128) { memory in
      guard let gate = memory.baseAddress else { return }
      for start in stride(from: 0, to: count, by: 128) {
        let length = min(128, count - start)
        for i in 0..<length { gate[i] = alpha * x[start + i] }
        VectorMath.sigmoid(gate, gate, length)
        for i in 0..<length { y[start + i] = x[start + i] * gate[i] }
      }
    }
  }
}

/// x / 2 * (1 + erf(x / sqrt 2)), or with `approximate` "tanh" the hyperbolic approximation of it
/// (arXiv:1606.08415).
struct Gelu: UnaryFunction, RealFunction {
  static let name = "Gelu"
  static let since = 20
  let usesTanh: Bool
  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    usesTanh = try attributes.string("approximate", default: "none", among: ["none", "tanh"]) == "tanh"
  }
  func apply<T: RealElement>(_ x: T) -> T {
    if usesTanh {
      let slope: T = 0.7978845608028654  // sqrt(2 / pi)
      return x / 2 * (1 + T.tanh(slope * (x + 0.044715 * x * x * x)))
    }
    return x / 2 * (1 + T.erf(x * 0.7071067811865476))
  }
  func floats(_ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ count: Int) {
    if usesTanh { VectorMath.geluTanh(y, x, count) } else { VectorMath.gelu(y, x, count) }
  }
}
