import AviaryCore
import AviaryKernels

/// Sets of element types as the specification's type constraints name them. Where later versions of an
/// operator admit more types, the widest set is accepted at every version.
extension Set<ElementType> {
  /// float16, float, double, bfloat16.
  static let reals: Set = [.float, .double, .float16, .bfloat16]
  static let signedIntegers: Set = [.int8, .int16, .int32, .int64]
  static let unsignedIntegers: Set = [.uint8, .uint16, .uint32, .uint64]
  /// Integers of 8 to 64 bits.
  static let integers = signedIntegers.union(unsignedIntegers)
  static let numbers = reals.union(integers)
  /// The four 8-bit formats with fractions.
  static let float8: Set = [.float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz]
}

/// The element type of an input where it is known.
///
/// - Throws: `OperatorError.type` where the operator does not take it.
func checkedType(
  _ infos: [ValueInfo], _ index: Int, _ allowed: Set<ElementType>
) throws(OperatorError) -> ElementType? {
  let type = try infos.required(index).elementType
  if let type, !allowed.contains(type) { throw .type(type, input: index) }
  return type
}

/// The shape of these extents.
///
/// - Throws: `OperatorError.invalid` where there can be none.
func makeShape(_ dims: [Int]) throws(OperatorError) -> Shape {
  do { return try Shape(dims) } catch { throw OperatorError(error) }
}

extension RunContext {
  /// The tensor at `index`, of one of the types the operator takes, with its elements.
  ///
  /// - Throws: `OperatorError` where the input is missing or of another type.
  func operand(
    _ index: Int, _ allowed: Set<ElementType>
  ) throws(OperatorError) -> (tensor: Tensor, row: ElementRow) {
    let tensor = try input(index)
    guard allowed.contains(tensor.elementType), let row = ElementRow(tensor) else {
      throw .type(tensor.elementType, input: index)
    }
    return (tensor, row)
  }

  /// Makes output `index` and returns its elements.
  func makeRow(
    _ index: Int, _ type: ElementType, _ dims: [Int]
  ) throws(OperatorError) -> MutableElementRow {
    let bytes = try makeBytes(index, type, dims)
    guard let base = bytes.baseAddress else { throw .type(type, input: index) }
    // Packed elements are set bit by bit: the unused bits of the last byte must not be left to chance.
    if type.isPacked, let last = bytes.indices.last { bytes[last] = 0 }
    return MutableElementRow(base, type)
  }
}
