import AviaryCore
import AviaryKernels

// Comparisons of two elements; a comparison with NaN is false.

/// Takes every type that has an order, and bool; strings from opset 19.
struct Equal: PlainBinaryFunction, ComparisonFunction {
  static let name = "Equal"
  static let types = Set.numbers.union([.bool, .string])
  static let result = RowResult.bool
  static var strings: (@Sendable (String, String) -> Bool)? {
    // Bytes decide: Swift's own equality would take canonically equivalent spellings for equal.
    { $0.utf8.elementsEqual($1.utf8) }
  }
  func holds<T: ComputeElement>(_ a: T, _ b: T) -> Bool { a == b }
}

struct Greater: PlainBinaryFunction, ComparisonFunction {
  static let name = "Greater"
  static let result = RowResult.bool
  func holds<T: ComputeElement>(_ a: T, _ b: T) -> Bool { a > b }
}

struct Less: PlainBinaryFunction, ComparisonFunction {
  static let name = "Less"
  static let result = RowResult.bool
  func holds<T: ComputeElement>(_ a: T, _ b: T) -> Bool { a < b }
}

struct GreaterOrEqual: PlainBinaryFunction, ComparisonFunction {
  static let name = "GreaterOrEqual"
  static let since = 12
  static let result = RowResult.bool
  func holds<T: ComputeElement>(_ a: T, _ b: T) -> Bool { a >= b }
}

struct LessOrEqual: PlainBinaryFunction, ComparisonFunction {
  static let name = "LessOrEqual"
  static let since = 12
  static let result = RowResult.bool
  func holds<T: ComputeElement>(_ a: T, _ b: T) -> Bool { a <= b }
}
