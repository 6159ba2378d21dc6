import AviaryCore
import AviaryKernels

/// Whether an element is NaN.
struct IsNaN: PlainUnaryFunction, PredicateFunction {
  static let name = "IsNaN"
  static let since = 9
  static let types = Set.reals.union(Set.float8)
  static let result = RowResult.bool
  func holds<T: ComputeElement>(_ x: T) -> Bool { x.isNotANumber }
}

/// Whether an element is an infinity of a sign that the attributes ask for.
struct IsInf: UnaryFunction, PredicateFunction {
  static let name = "IsInf"
  static let since = 10
  static let types = Set.reals.union(Set.float8)
  static let result = RowResult.bool
  let detectsNegative, detectsPositive: Bool
  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    detectsNegative = try attributes.bool("detect_negative", default: true)
    detectsPositive = try attributes.bool("detect_positive", default: true)
  }
  // Only real types occur, whose extremes are the infinities.
  func holds<T: ComputeElement>(_ x: T) -> Bool {
    detectsPositive && x == T.greatest || detectsNegative && x == T.least
  }
}

/// Logical negation.
struct Not: PlainUnaryFunction, PredicateFunction {
  static let name = "Not"
  static let types: Set<ElementType> = [.bool]
  static let result = RowResult.bool
  func holds<T: ComputeElement>(_ x: T) -> Bool { x == T.zero }
}

/// Every bit inverted.
struct BitwiseNot: PlainUnaryFunction, NumberFunction {
  static let name = "BitwiseNot"
  static let since = 18
  static let types = Set.integers
  // Two's complement: the inverse of x is -1 - x.
  func apply<T: ComputeElement>(_ x: T) -> T { T.zero.minus(T.one).minus(x) }
}
