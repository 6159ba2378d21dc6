import AviaryCore
import AviaryKernels

// Logic on two booleans and on the bits of two integers.

struct And: PlainBinaryFunction, IntegerPairFunction {
  static let name = "And"
  static let types: Set<ElementType> = [.bool]
  func apply(_ a: Int64, _ b: Int64) -> Int64 { a & b }
  func apply(_ a: UInt64, _ b: UInt64) -> UInt64 { a & b }
}

struct Or: PlainBinaryFunction, IntegerPairFunction {
  static let name = "Or"
  static let types: Set<ElementType> = [.bool]
  func apply(_ a: Int64, _ b: Int64) -> Int64 { a | b }
  func apply(_ a: UInt64, _ b: UInt64) -> UInt64 { a | b }
}

struct Xor: PlainBinaryFunction, IntegerPairFunction {
  static let name = "Xor"
  static let types: Set<ElementType> = [.bool]
  func apply(_ a: Int64, _ b: Int64) -> Int64 { a ^ b }
  func apply(_ a: UInt64, _ b: UInt64) -> UInt64 { a ^ b }
}

struct BitwiseAnd: PlainBinaryFunction, IntegerPairFunction {
  static let name = "BitwiseAnd"
  static let since = 18
  static let types = Set.integers
  func apply(_ a: Int64, _ b: Int64) -> Int64 { a & b }
  func apply(_ a: UInt64, _ b: UInt64) -> UInt64 { a & b }
}

struct BitwiseOr: PlainBinaryFunction, IntegerPairFunction {
  static let name = "BitwiseOr"
  static let since = 18
  static let types = Set.integers
  func apply(_ a: Int64, _ b: Int64) -> Int64 { a | b }
  func apply(_ a: UInt64, _ b: UInt64) -> UInt64 { a | b }
}

struct BitwiseXor: PlainBinaryFunction, IntegerPairFunction {
  static let name = "BitwiseXor"
  static let since = 18
  static let types = Set.integers
  func apply(_ a: Int64, _ b: Int64) -> Int64 { a ^ b }
  func apply(_ a: UInt64, _ b: UInt64) -> UInt64 { a ^ b }
}

/// a shifted by b bits to the LEFT or RIGHT (`direction`). Signed integers (opset 28) keep their sign to
/// the right. Shifts by a negative amount or by the width and more leave no bit of a but its sign.
struct BitShift: BinaryFunction, IntegerPairFunction {
  static let name = "BitShift"
  static let since = 11
  static let types = Set.integers
  let isLeft: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    let direction = try attributes.string("direction").required("direction")
    guard ["LEFT", "RIGHT"].contains(direction) else {
      throw ImportError(
        .invalidAttribute, "attribute 'direction' is '\(direction)', must be one of LEFT, RIGHT")
    }
    isLeft = direction == "LEFT"
  }

  // Swift's shifts by more than the width give 0 or the sign; a negative amount must not turn them round.
  func apply(_ a: Int64, _ b: Int64) -> Int64 {
    let amount = b < 0 ? 64 : b
    return isLeft ? a << amount : a >> amount
  }
  func apply(_ a: UInt64, _ b: UInt64) -> UInt64 { isLeft ? a << b : a >> b }
}
