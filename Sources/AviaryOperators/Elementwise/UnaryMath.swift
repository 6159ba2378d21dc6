import AviaryCore
import AviaryKernels

// Mathematics on one number. Each is one row of the specification's operator table; formulas are the
// documentation's.

struct Abs: PlainUnaryFunction, NumberFunction {
  static let name = "Abs"
  static let types = Set.numbers
  // Adding zero turns -0 into 0.
  func apply<T: ComputeElement>(_ x: T) -> T { x < T.zero ? T.zero.minus(x) : x.plus(T.zero) }
}

struct Neg: PlainUnaryFunction, NumberFunction {
  static let name = "Neg"
  static let types = Set.reals.union(Set.signedIntegers)
  func apply<T: ComputeElement>(_ x: T) -> T { x.times(T.zero.minus(T.one)) }
}

/// -1, 0 or 1; NaN stays NaN.
struct Sign: PlainUnaryFunction, NumberFunction {
  static let name = "Sign"
  static let since = 9
  static let types = Set.numbers
  func apply<T: ComputeElement>(_ x: T) -> T {
    if x > T.zero { return T.one }
    if x < T.zero { return T.zero.minus(T.one) }
    return x.isNotANumber ? x : T.zero
  }
}

struct Reciprocal: PlainUnaryFunction, RealFunction {
  static let name = "Reciprocal"
  func apply<T: RealElement>(_ x: T) -> T { 1 / x }
}

struct Floor: PlainUnaryFunction, RealFunction {
  static let name = "Floor"
  func apply<T: RealElement>(_ x: T) -> T { x.rounded(.down) }
}

struct Ceil: PlainUnaryFunction, RealFunction {
  static let name = "Ceil"
  func apply<T: RealElement>(_ x: T) -> T { x.rounded(.up) }
}

/// To the nearest integer, halves to the even one.
struct Round: PlainUnaryFunction, RealFunction {
  static let name = "Round"
  static let since = 11
  func apply<T: RealElement>(_ x: T) -> T { x.roundedToEven }
}

struct Sqrt: PlainUnaryFunction, RealFunction {
  static let name = "Sqrt"
  func apply<T: RealElement>(_ x: T) -> T { x.squareRoot() }
}

struct Exp: PlainUnaryFunction, RealFunction {
  static let name = "Exp"
  func apply<T: RealElement>(_ x: T) -> T { T.exp(x) }
  func floats(_ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ count: Int) {
    VectorMath.exp(y, x, count)
  }
}

struct Log: PlainUnaryFunction, RealFunction {
  static let name = "Log"
  func apply<T: RealElement>(_ x: T) -> T { T.log(x) }
}

/// Opset 9 also takes integers, whose results are truncated.
struct Erf: PlainUnaryFunction, RealFunction {
  static let name = "Erf"
  static let since = 9
  static let types = Set.numbers
  static func compute(_ type: ElementType) -> ComputeType? { type.isInteger ? .double : type.computeType }
  func apply<T: RealElement>(_ x: T) -> T { T.erf(x) }
  func floats(_ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ count: Int) {
    VectorMath.erf(y, x, count)
  }
}

struct Sin: PlainUnaryFunction, RealFunction {
  static let name = "Sin"
  static let since = 7
  func apply<T: RealElement>(_ x: T) -> T { T.sin(x) }
}

struct Cos: PlainUnaryFunction, RealFunction {
  static let name = "Cos"
  static let since = 7
  func apply<T: RealElement>(_ x: T) -> T { T.cos(x) }
}

struct Tan: PlainUnaryFunction, RealFunction {
  static let name = "Tan"
  static let since = 7
  func apply<T: RealElement>(_ x: T) -> T { T.tan(x) }
}

struct Asin: PlainUnaryFunction, RealFunction {
  static let name = "Asin"
  static let since = 7
  func apply<T: RealElement>(_ x: T) -> T { T.asin(x) }
}

struct Acos: PlainUnaryFunction, RealFunction {
  static let name = "Acos"
  static let since = 7
  func apply<T: RealElement>(_ x: T) -> T { T.acos(x) }
}

struct Atan: PlainUnaryFunction, RealFunction {
  static let name = "Atan"
  static let since = 7
  func apply<T: RealElement>(_ x: T) -> T { T.atan(x) }
}

struct Sinh: PlainUnaryFunction, RealFunction {
  static let name = "Sinh"
  static let since = 9
  func apply<T: RealElement>(_ x: T) -> T { T.sinh(x) }
}

struct Cosh: PlainUnaryFunction, RealFunction {
  static let name = "Cosh"
  static let since = 9
  func apply<T: RealElement>(_ x: T) -> T { T.cosh(x) }
}

struct Asinh: PlainUnaryFunction, RealFunction {
  static let name = "Asinh"
  static let since = 9
  func apply<T: RealElement>(_ x: T) -> T { T.asinh(x) }
}

struct Acosh: PlainUnaryFunction, RealFunction {
  static let name = "Acosh"
  static let since = 9
  func apply<T: RealElement>(_ x: T) -> T { T.acosh(x) }
}

struct Atanh: PlainUnaryFunction, RealFunction {
  static let name = "Atanh"
  static let since = 9
  func apply<T: RealElement>(_ x: T) -> T { T.atanh(x) }
}
