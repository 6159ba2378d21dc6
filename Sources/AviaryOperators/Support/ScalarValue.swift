import AviaryCore

/// The single number that an input gives, as a `Double` (exact but for large 64-bit integers).
///
/// - Throws: `OperatorError.invalid` where it holds another number of elements or no numbers.
func scalarValue(_ tensor: Tensor, input index: Int) throws(OperatorError) -> Double {
  guard tensor.count == 1 else { throw .invalid("input \(index) holds \(tensor.count) values, needs one") }
  return try numbers(tensor, input: index)[0]
}

/// The elements of a tensor of numbers as `Double`: scales, boxes, limits.
///
/// - Throws: `OperatorError.type` where it holds no numbers.
func numbers(_ tensor: Tensor, input index: Int) throws(OperatorError) -> [Double] {
  do {
    switch tensor.elementType {
    case .float: return try tensor.array(of: Float.self).map { Double($0) }
    case .double: return try tensor.array(of: Double.self)
    case .float16: return try tensor.array(of: Float16.self).map { Double($0) }
    case .bfloat16: return try tensor.array(of: BFloat16.self).map { Double(Float($0)) }
    case .uint64: return try tensor.array(of: UInt64.self).map { Double($0) }
    default: return try tensor.integers().map { Double($0) }
    }
  } catch { throw .type(tensor.elementType, input: index) }
}
