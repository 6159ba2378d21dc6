import AviaryCore

/// A tensor of numbers of any type. Integers are rounded to the nearest (ties to even) and saturated.
///
/// - Throws: `OperatorError.type` for types that hold no numbers of their own memory cell.
func numberTensor(_ values: [Double], as type: ElementType, shape: Shape) throws(OperatorError) -> Tensor {
  func integers<T: FixedWidthInteger & Element>(_: T.Type) throws(TensorError) -> Tensor {
    try Tensor(values.map { saturated($0, to: T.self) }, shape: shape)
  }
  do {
    switch type {
    case .float: return try Tensor(values.map { Float($0) }, shape: shape)
    case .double: return try Tensor(values, shape: shape)
    case .float16: return try Tensor(values.map { Float16($0) }, shape: shape)
    case .bfloat16: return try Tensor(values.map { BFloat16(Float($0)) }, shape: shape)
    case .int8: return try integers(Int8.self)
    case .int16: return try integers(Int16.self)
    case .int32: return try integers(Int32.self)
    case .int64: return try integers(Int64.self)
    case .uint8: return try integers(UInt8.self)
    case .uint16: return try integers(UInt16.self)
    case .uint32: return try integers(UInt32.self)
    case .uint64: return try integers(UInt64.self)
    case .bool: return try Tensor(values.map { $0 != 0 }, shape: shape)
    default: throw OperatorError.type(type, input: 0)
    }
  } catch let error as OperatorError {
    throw error
  } catch let error as TensorError {
    throw OperatorError(error)
  } catch { throw .invalid("\(error)") }
}

/// The nearest integer (ties to even) within the type's range; NaN becomes 0.
func saturated<T: FixedWidthInteger>(_ value: Double, to: T.Type) -> T {
  let rounded = value.rounded(.toNearestOrEven)
  if let exact = T(exactly: rounded) { return exact }
  return rounded.isNaN ? 0 : rounded < 0 ? .min : .max
}

/// A tensor of integers of any type, wrapped around where they do not fit.
func numberTensor(_ values: [Int], as type: ElementType, shape: Shape) throws(OperatorError) -> Tensor {
  func wrapped<T: FixedWidthInteger & Element>(_: T.Type) throws(OperatorError) -> Tensor {
    try checked { () throws(TensorError) in
      try Tensor(values.map { T(truncatingIfNeeded: $0) }, shape: shape)
    }
  }
  switch type {
  case .int8: return try wrapped(Int8.self)
  case .int16: return try wrapped(Int16.self)
  case .int32: return try wrapped(Int32.self)
  case .int64: return try wrapped(Int64.self)
  case .uint8: return try wrapped(UInt8.self)
  case .uint16: return try wrapped(UInt16.self)
  case .uint32: return try wrapped(UInt32.self)
  case .uint64: return try wrapped(UInt64.self)
  default: throw .type(type, input: 0)
  }
}
