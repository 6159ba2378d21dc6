import AviaryCore

/// The four types that arithmetic is done in. Other element types are converted row by row and rounded
/// once, so every operator has four loops instead of one per element type.
@usableFromInline
package enum ComputeType: Sendable {
  case float, double, int64, uint64
}

extension ElementType {
  /// Where this type is computed: the smallest of the four that holds all its values exactly; `nil` for
  /// strings and complex numbers.
  package var computeType: ComputeType? {
    switch self {
    case .float, .float16, .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
      .float4e2m1, .float6e2m3, .float6e3m2, .float8e8m0:
      .float
    case .double: .double
    case .uint64: .uint64
    case .bool, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .int4, .uint4, .int2, .uint2:
      .int64
    case .string, .complex64, .complex128: nil
    }
  }
}

extension ComputeType {
  /// Bytes per element.
  package var stride: Int { self == .float ? 4 : 8 }
  /// The element type of the same name.
  package var elementType: ElementType {
    switch self {
    case .float: .float
    case .double: .double
    case .int64: .int64
    case .uint64: .uint64
    }
  }
}

/// Arithmetic that never traps: integers wrap, division by zero gives 0.
@usableFromInline
package protocol ComputeElement: Element, Comparable {
  static var zero: Self { get }
  static var one: Self { get }
  /// The least and the greatest value (infinities for floating point): identities of max and min.
  static var least: Self { get }
  static var greatest: Self { get }
  func plus(_ other: Self) -> Self
  func minus(_ other: Self) -> Self
  func times(_ other: Self) -> Self
  /// Integers truncate towards zero.
  func over(_ other: Self) -> Self
  /// The remainder with the sign of the dividend, C's `fmod` and `%`.
  func truncatedRemainder(_ other: Self) -> Self
  var isNotANumber: Bool { get }

  // Not initialisers: those would make `map(Double.init)` ambiguous in the whole package.
  static func of(_ value: Float) -> Self
  static func of(_ value: Double) -> Self
  static func of(_ value: Int64) -> Self
  static func of(_ value: UInt64) -> Self
  var asFloat: Float { get }
  var asDouble: Double { get }
  var asFloat16: Float16 { get }
  /// The low 64 bits of an integer; floating point is truncated towards zero, and what an Int64 cannot
  /// hold becomes `Int64.min`, as x86 processors (and so NumPy and ONNX Runtime there) have it.
  var asInt64: Int64 { get }
  var asUInt64: UInt64 { get }
  /// As `asInt64`, for 32 bits.
  var asInt32: Int32 { get }

  /// Converts elements of any numeric type into this one; see `RowConversion.swift`.
  static func load(_ row: ElementRow, _ start: Int, _ count: Int, into target: UnsafeMutablePointer<Self>)
  /// Converts elements of this type into any numeric one.
  static func store(_ source: UnsafePointer<Self>, _ count: Int, _ row: MutableElementRow, _ start: Int)
}

extension ComputeElement {
  /// The larger value; NaN where either is NaN, as NumPy's `maximum` has it.
  @inlinable @inline(__always) package func maximum(_ other: Self) -> Self {
    self > other || isNotANumber ? self : other
  }
  /// The smaller value; NaN where either is NaN.
  @inlinable @inline(__always) package func minimum(_ other: Self) -> Self {
    self < other || isNotANumber ? self : other
  }
}
