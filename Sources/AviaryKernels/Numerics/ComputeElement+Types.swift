import AviaryCore
import Foundation

extension Float: ComputeElement {
  @inlinable package static var one: Float { 1 }
  @inlinable package static var least: Float { -.infinity }
  @inlinable package static var greatest: Float { .infinity }
  @inlinable package func plus(_ other: Float) -> Float { self + other }
  @inlinable package func minus(_ other: Float) -> Float { self - other }
  @inlinable package func times(_ other: Float) -> Float { self * other }
  @inlinable package func over(_ other: Float) -> Float { self / other }
  @inlinable package func truncatedRemainder(_ other: Float) -> Float {
    truncatingRemainder(dividingBy: other)
  }
  @inlinable package var isNotANumber: Bool { self != self }

  @inlinable package static func of(_ value: Float) -> Float { value }
  @inlinable package static func of(_ value: Double) -> Float { Float(value) }
  @inlinable package static func of(_ value: Int64) -> Float { Float(value) }
  @inlinable package static func of(_ value: UInt64) -> Float { Float(value) }
  @inlinable package var asFloat: Float { self }
  @inlinable package var asDouble: Double { Double(self) }
  @inlinable package var asFloat16: Float16 { Float16(self) }
  @inlinable package var asInt64: Int64 { Double(self).asInt64 }
  @inlinable package var asUInt64: UInt64 { Double(self).asUInt64 }
  @inlinable package var asInt32: Int32 { Double(self).asInt32 }
}

extension Double: ComputeElement {
  @inlinable package static var one: Double { 1 }
  @inlinable package static var least: Double { -.infinity }
  @inlinable package static var greatest: Double { .infinity }
  @inlinable package func plus(_ other: Double) -> Double { self + other }
  @inlinable package func minus(_ other: Double) -> Double { self - other }
  @inlinable package func times(_ other: Double) -> Double { self * other }
  @inlinable package func over(_ other: Double) -> Double { self / other }
  @inlinable package func truncatedRemainder(_ other: Double) -> Double {
    truncatingRemainder(dividingBy: other)
  }
  @inlinable package var isNotANumber: Bool { self != self }

  @inlinable package static func of(_ value: Float) -> Double { Double(value) }
  @inlinable package static func of(_ value: Double) -> Double { value }
  @inlinable package static func of(_ value: Int64) -> Double { Double(value) }
  @inlinable package static func of(_ value: UInt64) -> Double { Double(value) }
  @inlinable package var asFloat: Float { Float(self) }
  @inlinable package var asDouble: Double { self }
  @inlinable package var asFloat16: Float16 { Float16(self) }
  @inlinable package var asInt64: Int64 {
    self >= -0x1p63 && self < 0x1p63 ? Int64(self) : .min
  }
  @inlinable package var asUInt64: UInt64 {
    self >= 0x1p63 && self < 0x1p64 ? UInt64(self) : UInt64(bitPattern: asInt64)
  }
  @inlinable package var asInt32: Int32 {
    self > -0x1.00000002p31 && self < 0x1p31 ? Int32(self) : .min
  }
}

extension Int64: ComputeElement {
  @inlinable package static var one: Int64 { 1 }
  @inlinable package static var least: Int64 { .min }
  @inlinable package static var greatest: Int64 { .max }
  @inlinable package func plus(_ other: Int64) -> Int64 { self &+ other }
  @inlinable package func minus(_ other: Int64) -> Int64 { self &- other }
  @inlinable package func times(_ other: Int64) -> Int64 { self &* other }
  @inlinable package func over(_ other: Int64) -> Int64 {
    other == 0 ? 0 : dividedReportingOverflow(by: other).partialValue
  }
  @inlinable package func truncatedRemainder(_ other: Int64) -> Int64 {
    // The remainder by -1 is 0; computing it for the least value would overflow.
    other == 0 || other == -1 ? 0 : self % other
  }
  @inlinable package var isNotANumber: Bool { false }

  @inlinable package static func of(_ value: Float) -> Int64 { value.asInt64 }
  @inlinable package static func of(_ value: Double) -> Int64 { value.asInt64 }
  @inlinable package static func of(_ value: Int64) -> Int64 { value }
  @inlinable package static func of(_ value: UInt64) -> Int64 { Int64(bitPattern: value) }
  @inlinable package var asFloat: Float { Float(self) }
  @inlinable package var asDouble: Double { Double(self) }
  @inlinable package var asFloat16: Float16 { Float16(Double(self)) }
  @inlinable package var asInt64: Int64 { self }
  @inlinable package var asUInt64: UInt64 { UInt64(bitPattern: self) }
  @inlinable package var asInt32: Int32 { Int32(truncatingIfNeeded: self) }
}

extension UInt64: ComputeElement {
  @inlinable package static var one: UInt64 { 1 }
  @inlinable package static var least: UInt64 { .min }
  @inlinable package static var greatest: UInt64 { .max }
  @inlinable package func plus(_ other: UInt64) -> UInt64 { self &+ other }
  @inlinable package func minus(_ other: UInt64) -> UInt64 { self &- other }
  @inlinable package func times(_ other: UInt64) -> UInt64 { self &* other }
  @inlinable package func over(_ other: UInt64) -> UInt64 { other == 0 ? 0 : self / other }
  @inlinable package func truncatedRemainder(_ other: UInt64) -> UInt64 { other == 0 ? 0 : self % other }
  @inlinable package var isNotANumber: Bool { false }

  @inlinable package static func of(_ value: Float) -> UInt64 { value.asUInt64 }
  @inlinable package static func of(_ value: Double) -> UInt64 { value.asUInt64 }
  @inlinable package static func of(_ value: Int64) -> UInt64 { UInt64(bitPattern: value) }
  @inlinable package static func of(_ value: UInt64) -> UInt64 { value }
  @inlinable package var asFloat: Float { Float(self) }
  @inlinable package var asDouble: Double { Double(self) }
  @inlinable package var asFloat16: Float16 { Float16(Double(self)) }
  @inlinable package var asInt64: Int64 { Int64(bitPattern: self) }
  @inlinable package var asUInt64: UInt64 { self }
  @inlinable package var asInt32: Int32 { Int32(truncatingIfNeeded: self) }
}
