import AviaryCore
import AviaryKernels

// Activation functions without attributes.

/// max(0, x); NaN stays NaN.
struct Relu: PlainUnaryFunction, NumberFunction {
  static let name = "Relu"
  static let types = Set.reals.union(Set.signedIntegers)
  func apply<T: ComputeElement>(_ x: T) -> T { x < T.zero ? T.zero : x }
}

/// 1 / (1 + e^-x)
struct Sigmoid: PlainUnaryFunction, RealFunction {
  static let name = "Sigmoid"
  func apply<T: RealElement>(_ x: T) -> T { T.sigmoid(x) }
  func floats(_ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ count: Int) {
    VectorMath.sigmoid(y, x, count)
  }
}

struct Tanh: PlainUnaryFunction, RealFunction {
  static let name = "Tanh"
  func apply<T: RealElement>(_ x: T) -> T { T.tanh(x) }
  func floats(_ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ count: Int) {
    VectorMath.tanh(y, x, count)
  }
}

/// x * max(0, min(1, x / 6 + 1 / 2))
struct HardSwish: PlainUnaryFunction, RealFunction {
  static let name = "HardSwish"
  static let since = 14
  func apply<T: RealElement>(_ x: T) -> T {
    let gate = x / 6 + 0.5
    return x * (gate < 0 ? 0 : gate > 1 ? 1 : gate)
  }
}

/// log(1 + e^x)
struct Softplus: PlainUnaryFunction, RealFunction {
  static let name = "Softplus"
  func apply<T: RealElement>(_ x: T) -> T { T.softplus(x) }
}

/// x / (1 + |x|)
struct Softsign: PlainUnaryFunction, RealFunction {
  static let name = "Softsign"
  func apply<T: RealElement>(_ x: T) -> T { x / (1 + x.magnitude) }
}

/// x * tanh(log(1 + e^x)) (arXiv:1908.08681)
struct Mish: PlainUnaryFunction, RealFunction {
  static let name = "Mish"
  static let since = 18
  func apply<T: RealElement>(_ x: T) -> T { x * T.tanh(T.softplus(x)) }

  /// With e = e^x the hyperbolic tangent is (e^2 + 2e) / (e^2 + 2e + 2); from x = 20 on it is 1.
  func floats(_ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ count: Int) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 128) { memory in
      guard let powers = memory.baseAddress else { return }
      for start in stride(from: 0, to: count, by: 128) {
        let length = min(128, count - start)
        VectorMath.exp(powers, x + start, length)
        for i in 0..<length {
          let ratio = powers[i] * (powers[i] + 2)
          let value = x[start + i]
          y[start + i] = value > 20 ? value : value * (ratio / (ratio + 2))
        }
      }
    }
  }
}
