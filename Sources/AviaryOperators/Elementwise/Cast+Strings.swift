import AviaryCore
import AviaryKernels
import Foundation

/// The elements as text: integers in decimal, real numbers in the shortest form that reads back as the same
/// value (`0.1`, `1e-05`), `NaN`, `INF`, `-INF`, `True` and `False`.
func texts(of tensor: Tensor) throws(TensorError) -> [String] {
  if tensor.elementType == .string { return try tensor.strings() }
  guard let row = ElementRow(tensor), let compute = tensor.elementType.computeType else { return [] }
  let count = tensor.count
  return withExtendedLifetime(tensor) {
    switch compute {
    case .float:
      let values = loaded(row, count, Float.zero)
      // Half precision has its own, shorter decimals.
      if tensor.elementType == .float16 { return values.map { text(of: $0) { "\(Float16($0))" } } }
      return values.map { text(of: $0) { "\($0)" } }
    case .double: return loaded(row, count, Double.zero).map { text(of: $0) { "\($0)" } }
    case .int64:
      let values = loaded(row, count, Int64.zero)
      return tensor.elementType == .bool
        ? values.map { $0 == 0 ? "False" : "True" } : values.map(String.init)
    case .uint64: return loaded(row, count, UInt64.zero).map(String.init)
    }
  }
}

private func text<T: RealElement>(of value: T, _ description: (T) -> String) -> String {
  if value.isNaN { return "NaN" }
  if value.isInfinite { return value < 0 ? "-INF" : "INF" }
  return description(value)
}

private func loaded<T: ComputeElement>(_ row: ElementRow, _ count: Int, _ zero: T) -> [T] {
  [T](unsafeUninitializedCapacity: count) { buffer, initialized in
    if let base = buffer.baseAddress { T.load(row, 0, count, into: base) }
    initialized = count
  }
}

/// Reads numbers in plain or scientific notation, `INF`, `+INF`, `-INF` and `NaN` in any case; for bool also
/// `true` and `false`. An integer target truncates a fraction.
///
/// - Throws: `OperatorError.invalid` with the text that is no number.
func parse(_ texts: [String], into target: MutableElementRow) throws(OperatorError) {
  switch target.type.computeType {
  case .float: try store(texts, target) { Float($0) }
  case .double: try store(texts, target) { Double($0) }
  case .uint64: try store(texts, target) { UInt64($0) ?? Double($0)?.asUInt64 }
  case .int64 where target.type == .bool:
    try store(texts, target) { text -> Int64? in
      switch text.lowercased() {
      case "true": 1
      case "false": 0
      default: Double(text).map { $0 == 0 ? 0 : 1 }
      }
    }
  case .int64: try store(texts, target) { Int64($0) ?? Double($0)?.asInt64 }
  case nil: throw .invalid("strings cannot be cast to \(target.type.name)")
  }
}

private func store<T: ComputeElement>(
  _ texts: [String], _ target: MutableElementRow, _ read: (String) -> T?
) throws(OperatorError) {
  var values: [T] = []
  values.reserveCapacity(texts.count)
  for text in texts {
    guard let value = read(text.trimmingCharacters(in: .whitespaces)) else {
      throw .invalid("'\(text.prefix(64))' is no number")
    }
    values.append(value)
  }
  values.withUnsafeBufferPointer { buffer in
    if let base = buffer.baseAddress { T.store(base, buffer.count, target, 0) }
  }
}
