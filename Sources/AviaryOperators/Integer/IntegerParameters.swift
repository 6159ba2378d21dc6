import AviaryCore
import AviaryKernels

extension Set<ElementType> {
  /// int8 and uint8.
  static let bytes: Set = [.int8, .uint8]
}

/// The bytes of a tensor as numbers, one at a time.
struct ByteValues {
  private let base: UnsafePointer<UInt8>
  private let isSigned: Bool

  init(_ tensor: Tensor) throws(OperatorError) {
    guard let address = tensor.address else { throw .invalid("the tensor has no bytes") }
    base = UnsafePointer(address.assumingMemoryBound(to: UInt8.self))
    isSigned = tensor.elementType == .int8
  }

  subscript(_ index: Int) -> Int16 { isSigned ? Int16(Int8(bitPattern: base[index])) : Int16(base[index]) }
}

extension RunContext {
  /// A byte tensor.
  func byteInput(_ index: Int) throws(OperatorError) -> Tensor {
    let tensor = try input(index)
    guard Set<ElementType>.bytes.contains(tensor.elementType) else { throw .type(tensor.elementType, input: index) }
    return tensor
  }

  /// The zero points at `index`, which have the type of the numbers they belong to; [0] where there are none.
  func zeroPoints(_ index: Int, of type: ElementType) throws(OperatorError) -> [Int32] {
    guard let tensor = try optionalInput(index) else { return [0] }
    guard tensor.elementType == type else { throw .type(tensor.elementType, input: index) }
    guard tensor.count > 0 else { throw .invalid("input \(index) has no values") }
    return try integers(index).map { Int32(truncatingIfNeeded: $0) }
  }

  /// One number, or one for each of `count` channels.
  func perChannel<T>(_ values: [T], _ index: Int, _ count: Int) throws(OperatorError) -> [T] {
    guard values.count == 1 || values.count == count else {
      throw .invalid("input \(index) has \(values.count) values, needs one or \(count)")
    }
    return values
  }

  /// The single number at `index`.
  func single<T>(_ values: [T], _ index: Int) throws(OperatorError) -> T {
    guard values.count == 1, let value = values.first else {
      throw .invalid("input \(index) has \(values.count) values, needs one")
    }
    return value
  }

  /// Scales at `index`.
  func scales(_ index: Int, _ allowed: Set<ElementType> = [.float]) throws(OperatorError) -> [Float] {
    let tensor = try input(index)
    guard allowed.contains(tensor.elementType) else { throw .type(tensor.elementType, input: index) }
    return Array(try elements(of: tensor, as: Float.self))
  }
}
