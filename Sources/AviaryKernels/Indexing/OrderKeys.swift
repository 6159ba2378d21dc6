import AviaryCore

/// Integers that order and compare like the elements of a tensor: `a < b` where element a is less, equal
/// where they are equal. NaN counts as larger than everything and equal to itself; -0 equals 0.
///
/// - Returns: `nil` for types without an order (complex, packed, strings).
package func orderKeys(_ tensor: Tensor) -> [Int64]? {
  func keys<T: Element>(_: T.Type, _ key: (T) -> Int64) -> [Int64]? {
    guard let elements = try? tensor.unsafeElements(as: T.self) else { return nil }
    return withExtendedLifetime(tensor) { elements.map(key) }
  }
  switch tensor.elementType {
  case .float: return keys(Float.self) { orderKey($0) }
  case .double: return keys(Double.self) { orderKey($0) }
  case .float16: return keys(Float16.self) { orderKey(Float($0)) }
  case .bfloat16: return keys(BFloat16.self) { orderKey(Float($0)) }
  case .int8: return keys(Int8.self) { Int64($0) }
  case .int16: return keys(Int16.self) { Int64($0) }
  case .int32: return keys(Int32.self) { Int64($0) }
  case .int64: return keys(Int64.self) { $0 }
  case .uint8: return keys(UInt8.self) { Int64($0) }
  case .uint16: return keys(UInt16.self) { Int64($0) }
  case .uint32: return keys(UInt32.self) { Int64($0) }
  case .uint64: return keys(UInt64.self) { Int64(bitPattern: $0 ^ (1 << 63)) }
  case .bool: return keys(Bool.self) { $0 ? 1 : 0 }
  default: return nil
  }
}

/// The key of one number; see `orderKeys`.
package func orderKey(_ value: Float) -> Int64 {
  if value.isNaN { return .max }
  if value == 0 { return 0 }
  let bits = Int32(bitPattern: value.bitPattern)
  return Int64(bits < 0 ? bits ^ .max : bits)
}

package func orderKey(_ value: Double) -> Int64 {
  if value.isNaN { return .max }
  if value == 0 { return 0 }
  let bits = Int64(bitPattern: value.bitPattern)
  return bits < 0 ? bits ^ .max : bits
}
