import AviaryCore
import AviaryKernels

struct ReduceSum: Reduction, NumberReduceFunction {
  static let name = "ReduceSum"
  var vectorKernel: ReduceKernel? { .sum }
  static let axesInputSince = 13
  func identity<T: ComputeElement>(_ type: T.Type) -> T { T.zero }
  func join<T: ComputeElement>(_ a: T, _ b: T) -> T { a.plus(b) }
}

/// Integers are divided with truncation.
struct ReduceMean: Reduction, NumberReduceFunction {
  static let name = "ReduceMean"
  var vectorKernel: ReduceKernel? { .mean }
  func identity<T: ComputeElement>(_ type: T.Type) -> T { T.zero }
  func join<T: ComputeElement>(_ a: T, _ b: T) -> T { a.plus(b) }
  func result<T: ComputeElement>(_ sum: T, terms: Int) -> T { sum.over(T.of(Int64(terms))) }
}

struct ReduceProd: Reduction, NumberReduceFunction {
  static let name = "ReduceProd"
  func identity<T: ComputeElement>(_ type: T.Type) -> T { T.one }
  func join<T: ComputeElement>(_ a: T, _ b: T) -> T { a.times(b) }
}

/// NaN where any element is; false < true.
struct ReduceMax: Reduction, NumberReduceFunction {
  static let name = "ReduceMax"
  var vectorKernel: ReduceKernel? { .greatest }
  static let types = Set.numbers.union([.bool])
  static func emptyValue(_ type: ElementType) -> Int64? {
    Set.signedIntegers.contains(type) ? Int64.min >> (64 - type.bitWidth) : 0
  }
  func identity<T: ComputeElement>(_ type: T.Type) -> T { T.least }
  func join<T: ComputeElement>(_ a: T, _ b: T) -> T { a.maximum(b) }
}

/// NaN where any element is; false < true.
struct ReduceMin: Reduction, NumberReduceFunction {
  static let name = "ReduceMin"
  var vectorKernel: ReduceKernel? { .least }
  static let types = Set.numbers.union([.bool])
  static func emptyValue(_ type: ElementType) -> Int64? {
    Set.signedIntegers.contains(type) ? Int64.max >> (64 - type.bitWidth) : .max
  }
  func identity<T: ComputeElement>(_ type: T.Type) -> T { T.greatest }
  func join<T: ComputeElement>(_ a: T, _ b: T) -> T { a.minimum(b) }
}

/// The sum of magnitudes.
struct ReduceL1: Reduction, NumberReduceFunction {
  static let name = "ReduceL1"
  func identity<T: ComputeElement>(_ type: T.Type) -> T { T.zero }
  func term<T: ComputeElement>(_ x: T) -> T { x < T.zero ? T.zero.minus(x) : x }
  func join<T: ComputeElement>(_ a: T, _ b: T) -> T { a.plus(b) }
}

struct ReduceSumSquare: Reduction, NumberReduceFunction {
  static let name = "ReduceSumSquare"
  func identity<T: ComputeElement>(_ type: T.Type) -> T { T.zero }
  func term<T: ComputeElement>(_ x: T) -> T { x.times(x) }
  func join<T: ComputeElement>(_ a: T, _ b: T) -> T { a.plus(b) }
}

/// The square root of the sum of squares; of integers truncated.
struct ReduceL2: Reduction, RealReduceFunction {
  static let name = "ReduceL2"
  static func compute(_ type: ElementType) -> ComputeType? { type.isInteger ? .double : type.computeType }
  func identity<T: RealElement>(_ type: T.Type) -> T { 0 }
  func term<T: RealElement>(_ x: T) -> T { x * x }
  func join<T: RealElement>(_ a: T, _ b: T) -> T { a + b }
  func result<T: RealElement>(_ sum: T, terms: Int) -> T { sum.squareRoot() }
}

/// The logarithm of the sum; of integers truncated.
struct ReduceLogSum: Reduction, RealReduceFunction {
  static let name = "ReduceLogSum"
  static func compute(_ type: ElementType) -> ComputeType? { type.isInteger ? .double : type.computeType }
  func identity<T: RealElement>(_ type: T.Type) -> T { 0 }
  func join<T: RealElement>(_ a: T, _ b: T) -> T { a + b }
  func result<T: RealElement>(_ sum: T, terms: Int) -> T { T.log(sum) }
}

/// The logarithm of the sum of exponentials, without overflow: pairs are joined as log(e^a + e^b), in double
/// precision because every join rounds.
struct ReduceLogSumExp: Reduction, RealReduceFunction {
  static let name = "ReduceLogSumExp"
  static func compute(_ type: ElementType) -> ComputeType? { .double }
  func identity<T: RealElement>(_ type: T.Type) -> T { -T.infinity }
  func join<T: RealElement>(_ a: T, _ b: T) -> T {
    // Equal infinities have no difference.
    if a == b { return a + T.log(2) }
    let largest = a > b ? a : b
    return largest + T.log1p(T.exp(-(a - b).magnitude))
  }
}
