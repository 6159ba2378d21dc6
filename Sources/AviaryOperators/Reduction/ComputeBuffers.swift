import AviaryCore
import AviaryKernels

extension RunContext {
  /// The elements of a tensor in a compute type: as they lie where they have it already, else converted
  /// into scratch memory.
  func elements(
    _ row: ElementRow, count: Int, in compute: ComputeType
  ) throws(OperatorError) -> UnsafeRawPointer {
    if row.type == compute.elementType { return row.base }
    let copy = try scratchRow(count: count, compute)
    convert(row, copy, count: count, parallel: parallel)
    return UnsafeRawPointer(copy.base)
  }

  /// Scratch memory for elements of a compute type.
  func scratchRow(count: Int, _ compute: ComputeType) throws(OperatorError) -> MutableElementRow {
    let base: UnsafeMutableRawPointer?
    switch compute {
    case .float: base = UnsafeMutableRawPointer(try scratch(count, of: Float.self).baseAddress)
    default: base = UnsafeMutableRawPointer(try scratch(count, of: Int64.self).baseAddress)
    }
    guard let base else { throw .resource("no scratch memory for \(count) elements") }
    return MutableElementRow(base, compute.elementType)
  }

  /// Where to compute an output: the output itself where it has the compute type, else scratch memory that
  /// `finishOutput` converts.
  func target(
    for y: MutableElementRow, count: Int, in compute: ComputeType
  ) throws(OperatorError) -> MutableElementRow {
    y.type == compute.elementType ? y : try scratchRow(count: count, compute)
  }

  func finishOutput(_ computed: MutableElementRow, _ y: MutableElementRow, count: Int) {
    if computed.base != y.base { convert(computed.reading, y, count: count, parallel: parallel) }
  }
}
