import Aviary

/// Seeded random values for a model's inputs.
struct RandomInputs {
  let batch: Int
  let shapes: [String: [Int]]

  /// - Throws: `RunError` for inputs that no tensor can be made for, or a shape that cannot be.
  func values(for inputs: [Graph.Declaration]) throws(RunError) -> [String: Value] {
    for name in shapes.keys where !inputs.contains(where: { $0.name == name }) {
      throw RunError(
        .invalidInput,
        "--shape names '\(name)'; the inputs are \(inputs.map(\.name).joined(separator: ", "))")
    }
    var values: [String: Value] = [:]
    var generator = SplitMix64(state: 1)
    for input in inputs {
      guard case .tensor(let type, let declared) = input.type else {
        throw RunError(.unsupported, "input '\(input.name)' is not a tensor")
      }
      let dims = shapes[input.name] ?? Self.dims(declared, batch: batch)
      do throws(TensorError) {
        values[input.name] = .tensor(
          try Self.tensor(try Shape(dims), type ?? .float, &generator, input.name))
      } catch {
        throw RunError(.invalidInput, "input '\(input.name)': \(error)")
      }
    }
    return values
  }

  private static func dims(_ declared: SymbolicShape, batch: Int) -> [Int] {
    (declared.dims ?? []).enumerated().map { $1.value ?? ($0 == 0 ? batch : 1) }
  }

  /// Floats are normal-like around 0, integers small and not negative, so that they can serve as indices.
  private static func tensor(
    _ shape: Shape, _ type: ElementType, _ generator: inout SplitMix64, _ name: String
  ) throws(TensorError) -> Tensor {
    // Checked before the array is made: the shape comes from the user.
    let bytes = type.byteCount(of: shape.count) ?? .max
    guard bytes <= Limits.default.tensorBytes / 4 else {
      throw .overBudget(bytes: bytes, limit: Limits.default.tensorBytes / 4)
    }
    switch type {
    case .float: return try make(shape) { Float(generator.normal()) }
    case .double: return try make(shape) { generator.normal() }
    case .float16: return try make(shape) { Float16(generator.normal()) }
    case .bfloat16: return try make(shape) { BFloat16(Float(generator.normal())) }
    case .int64: return try make(shape) { Int64(generator.next() & 1) }
    case .int32: return try make(shape) { Int32(generator.next() & 1) }
    case .uint8: return try make(shape) { UInt8(truncatingIfNeeded: generator.next()) }
    case .int8: return try make(shape) { Int8(truncatingIfNeeded: generator.next()) }
    case .bool: return try make(shape) { generator.next() & 1 == 1 }
    default: throw .typeMismatch(expected: .float, found: type)
    }
  }

  private static func make<T: Element>(_ shape: Shape, _ next: () -> T) throws(TensorError) -> Tensor {
    try Tensor((0..<shape.count).map { _ in next() }, shape: shape)
  }
}
