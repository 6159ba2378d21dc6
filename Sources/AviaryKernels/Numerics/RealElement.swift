import Foundation

/// Elementary functions that `Float` and `Double` share, so that a formula is written once.
@usableFromInline
package protocol RealElement: ComputeElement, BinaryFloatingPoint {
  /// 2 to the number of fraction bits: from here on every value is an integer.
  static var integersFrom: Self { get }
  static func exp(_ x: Self) -> Self
  static func expm1(_ x: Self) -> Self
  static func log(_ x: Self) -> Self
  static func log1p(_ x: Self) -> Self
  static func pow(_ x: Self, _ y: Self) -> Self
  static func erf(_ x: Self) -> Self
  static func sin(_ x: Self) -> Self
  static func cos(_ x: Self) -> Self
  static func tan(_ x: Self) -> Self
  static func asin(_ x: Self) -> Self
  static func acos(_ x: Self) -> Self
  static func atan(_ x: Self) -> Self
  static func sinh(_ x: Self) -> Self
  static func cosh(_ x: Self) -> Self
  static func tanh(_ x: Self) -> Self
  static func asinh(_ x: Self) -> Self
  static func acosh(_ x: Self) -> Self
  static func atanh(_ x: Self) -> Self
}

extension RealElement {
  /// To the nearest integer, halves to the even one, without the library call that `rounded` is where the
  /// compiler may not assume SSE 4.1: adding 2^23 (2^52) leaves no room for a fraction.
  @inlinable @inline(__always) package var roundedToEven: Self {
    let magnitude = self.magnitude
    let rounded = (magnitude + Self.integersFrom) - Self.integersFrom
    return magnitude < Self.integersFrom ? Self(signOf: self, magnitudeOf: rounded) : self
  }
  /// 1 / (1 + e^-x), without overflow for large negative x.
  @inlinable package static func sigmoid(_ x: Self) -> Self {
    if x >= 0 { return 1 / (1 + exp(-x)) }
    let e = exp(x)
    return e / (1 + e)
  }
  /// log(1 + e^x), without overflow.
  @inlinable package static func softplus(_ x: Self) -> Self {
    (x > 0 ? x : 0) + log1p(exp(-x.magnitude))
  }
}

extension Float: RealElement {
  @inlinable package static var integersFrom: Float { 0x1p23 }
  @inlinable package static func exp(_ x: Float) -> Float { Foundation.exp(x) }
  @inlinable package static func expm1(_ x: Float) -> Float { Foundation.expm1(x) }
  @inlinable package static func log(_ x: Float) -> Float { Foundation.log(x) }
  @inlinable package static func log1p(_ x: Float) -> Float { Foundation.log1p(x) }
  @inlinable package static func erf(_ x: Float) -> Float { Foundation.erf(x) }
  @inlinable package static func sin(_ x: Float) -> Float { Foundation.sin(x) }
  @inlinable package static func cos(_ x: Float) -> Float { Foundation.cos(x) }
  @inlinable package static func tan(_ x: Float) -> Float { Foundation.tan(x) }
  @inlinable package static func asin(_ x: Float) -> Float { Foundation.asin(x) }
  @inlinable package static func acos(_ x: Float) -> Float { Foundation.acos(x) }
  @inlinable package static func atan(_ x: Float) -> Float { Foundation.atan(x) }
  @inlinable package static func sinh(_ x: Float) -> Float { Foundation.sinh(x) }
  @inlinable package static func cosh(_ x: Float) -> Float { Foundation.cosh(x) }
  @inlinable package static func tanh(_ x: Float) -> Float { Foundation.tanh(x) }
  @inlinable package static func asinh(_ x: Float) -> Float { Foundation.asinh(x) }
  @inlinable package static func acosh(_ x: Float) -> Float { Foundation.acosh(x) }
  @inlinable package static func atanh(_ x: Float) -> Float { Foundation.atanh(x) }
  @inlinable package static func pow(_ x: Float, _ y: Float) -> Float { Foundation.pow(x, y) }
}

extension Double: RealElement {
  @inlinable package static var integersFrom: Double { 0x1p52 }
  @inlinable package static func exp(_ x: Double) -> Double { Foundation.exp(x) }
  @inlinable package static func expm1(_ x: Double) -> Double { Foundation.expm1(x) }
  @inlinable package static func log(_ x: Double) -> Double { Foundation.log(x) }
  @inlinable package static func log1p(_ x: Double) -> Double { Foundation.log1p(x) }
  @inlinable package static func erf(_ x: Double) -> Double { Foundation.erf(x) }
  @inlinable package static func sin(_ x: Double) -> Double { Foundation.sin(x) }
  @inlinable package static func cos(_ x: Double) -> Double { Foundation.cos(x) }
  @inlinable package static func tan(_ x: Double) -> Double { Foundation.tan(x) }
  @inlinable package static func asin(_ x: Double) -> Double { Foundation.asin(x) }
  @inlinable package static func acos(_ x: Double) -> Double { Foundation.acos(x) }
  @inlinable package static func atan(_ x: Double) -> Double { Foundation.atan(x) }
  @inlinable package static func sinh(_ x: Double) -> Double { Foundation.sinh(x) }
  @inlinable package static func cosh(_ x: Double) -> Double { Foundation.cosh(x) }
  @inlinable package static func tanh(_ x: Double) -> Double { Foundation.tanh(x) }
  @inlinable package static func asinh(_ x: Double) -> Double { Foundation.asinh(x) }
  @inlinable package static func acosh(_ x: Double) -> Double { Foundation.acosh(x) }
  @inlinable package static func atanh(_ x: Double) -> Double { Foundation.atanh(x) }
  @inlinable package static func pow(_ x: Double, _ y: Double) -> Double { Foundation.pow(x, y) }
}
