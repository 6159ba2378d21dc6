import AviaryCore
import AviaryKernels

// Arithmetic on two numbers. Integers wrap; integer division truncates, and by zero gives 0.

struct Add: PlainBinaryFunction, NumberPairFunction {
  static let name = "Add"
  func apply<T: ComputeElement>(_ a: T, _ b: T) -> T { a.plus(b) }
}

struct Sub: PlainBinaryFunction, NumberPairFunction {
  static let name = "Sub"
  func apply<T: ComputeElement>(_ a: T, _ b: T) -> T { a.minus(b) }
}

struct Mul: PlainBinaryFunction, NumberPairFunction {
  static let name = "Mul"
  func apply<T: ComputeElement>(_ a: T, _ b: T) -> T { a.times(b) }
}

struct Div: PlainBinaryFunction, NumberPairFunction {
  static let name = "Div"
  func apply<T: ComputeElement>(_ a: T, _ b: T) -> T { a.over(b) }
}

/// The remainder of a / b: with the sign of the divisor, as Python's `%` has it, or with `fmod` 1 the sign of
/// the dividend, as C's `fmod` has it.
struct Mod: BinaryFunction, NumberPairFunction {
  static let name = "Mod"
  static let since = 10
  let isTruncated: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    isTruncated = try attributes.bool("fmod", default: false)
  }

  func apply<T: ComputeElement>(_ a: T, _ b: T) -> T {
    let remainder = a.truncatedRemainder(b)
    if isTruncated || remainder == T.zero || (remainder < T.zero) == (b < T.zero) { return remainder }
    return remainder.plus(b)
  }
}
