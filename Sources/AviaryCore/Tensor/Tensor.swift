/// A dense row-major array of one element type, immutable once produced.
///
/// Copies share their bytes. Bytes are owned (64-byte aligned), borrowed from a mapped file, or a slice of
/// a run's arena; packed 6-, 4- and 2-bit types keep the layout of `TensorProto.raw_data` (low bits first).
public struct Tensor: Sendable {
  public let elementType: ElementType
  public let shape: Shape
  package let storage: Storage

  package enum Storage: Sendable {
    case bytes(TensorBuffer, offset: Int)
    case strings([String])
  }

  /// Number of elements.
  public var count: Int { shape.count }
  /// Bytes of the elements; 0 for strings.
  public var byteCount: Int { elementType.byteCount(of: shape.count) ?? 0 }

  /// A view of `buffer` from a byte offset on.
  ///
  /// - Throws: `TensorError.sizeMismatch` where the buffer is too short, `typeMismatch` for strings.
  public init(
    elementType: ElementType, shape: Shape, buffer: TensorBuffer, offset: Int = 0
  ) throws(TensorError) {
    guard elementType != .string else { throw .typeMismatch(expected: .uint8, found: .string) }
    guard let needed = elementType.byteCount(of: shape.count) else {
      throw .invalidShape(shape.dims, "the number of bytes overflows")
    }
    guard offset >= 0, offset <= buffer.byteCount, buffer.byteCount - offset >= needed else {
      throw .sizeMismatch(expected: needed, found: max(0, buffer.byteCount - max(0, offset)))
    }
    self.elementType = elementType
    self.shape = shape
    self.storage = .bytes(buffer, offset: offset)
  }

  /// Allocates and lets `fill` write the bytes, which begin uninitialised.
  ///
  /// - Throws: `TensorError.overBudget` before allocating, `outOfMemory`, `invalidShape`.
  public init(
    elementType: ElementType, shape: Shape, limits: Limits = .default,
    filledBy fill: (UnsafeMutableRawBufferPointer) -> Void
  ) throws(TensorError) {
    guard let bytes = elementType.byteCount(of: shape.count) else {
      throw .invalidShape(shape.dims, "the number of bytes overflows")
    }
    guard bytes <= limits.tensorBytes else { throw .overBudget(bytes: bytes, limit: limits.tensorBytes) }
    let buffer = try TensorBuffer(byteCount: bytes)
    fill(UnsafeMutableRawBufferPointer(start: buffer.base, count: bytes))
    try self.init(elementType: elementType, shape: shape, buffer: buffer)
  }

  /// Copies Swift values, row-major; `shape` defaults to one axis.
  ///
  /// - Throws: `TensorError.sizeMismatch` where their number is not the shape's.
  public init<T: Element>(_ values: [T], shape: Shape? = nil) throws(TensorError) {
    let shape = shape ?? .vector(values.count)
    guard values.count == shape.count else {
      throw .sizeMismatch(
        expected: T.elementType.byteCount(of: shape.count) ?? .max,
        found: values.count * MemoryLayout<T>.stride)
    }
    try self.init(elementType: T.elementType, shape: shape) { bytes in
      values.withUnsafeBytes { bytes.copyMemory(from: $0) }
    }
  }

  /// A 0-d tensor.
  public init<T: Element>(scalar: T) throws(TensorError) { try self.init([scalar], shape: .scalar) }

  /// A tensor of strings, row-major.
  ///
  /// - Throws: `TensorError.sizeMismatch` (counted in strings) where their number is not the shape's.
  public init(strings: [String], shape: Shape) throws(TensorError) {
    guard strings.count == shape.count else {
      throw .sizeMismatch(expected: shape.count, found: strings.count)
    }
    self.elementType = .string
    self.shape = shape
    self.storage = .strings(strings)
  }

  /// The same elements under another shape.
  ///
  /// - Throws: `TensorError.invalidShape` where the number of elements differs.
  public func reshaped(to shape: Shape) throws(TensorError) -> Tensor {
    guard shape.count == self.shape.count else {
      throw .invalidShape(shape.dims, "it does not hold the \(count) elements of \(self.shape)")
    }
    return Tensor(elementType: elementType, shape: shape, storage: storage)
  }

  package init(elementType: ElementType, shape: Shape, storage: Storage) {
    self.elementType = elementType
    self.shape = shape
    self.storage = storage
  }
}
