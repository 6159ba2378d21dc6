extension Tensor {
  /// The address of the first byte; `nil` for strings. Valid while the tensor (or a copy) is alive.
  package var address: UnsafeMutableRawPointer? {
    guard case .bytes(let buffer, let offset) = storage else { return nil }
    return buffer.base + offset
  }

  /// Calls `body` with the bytes of the elements (empty for strings); they must not escape it.
  public func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    let result = try body(UnsafeRawBufferPointer(start: address, count: byteCount))
    withExtendedLifetime(storage) {}
    return result
  }

  /// The elements as they lie in memory, valid while this tensor (or a copy) is alive. Operators use
  /// `RunContext.elements`, whose inputs outlive the call.
  ///
  /// - Throws: `TensorError.typeMismatch` where `T` is not the element type.
  package func unsafeElements<T: Element>(
    as type: T.Type = T.self
  ) throws(TensorError) -> UnsafeBufferPointer<T> {
    guard T.elementType == elementType, let address else {
      throw .typeMismatch(expected: T.elementType, found: elementType)
    }
    return UnsafeBufferPointer(start: UnsafePointer(address.assumingMemoryBound(to: T.self)), count: count)
  }

  /// A copy of the elements, row-major.
  ///
  /// - Throws: `TensorError.typeMismatch` where `T` is not the element type.
  public func array<T: Element>(of type: T.Type = T.self) throws(TensorError) -> [T] {
    let elements = try unsafeElements(as: T.self)
    return withExtendedLifetime(storage) { Array(elements) }
  }

  /// The strings, row-major.
  ///
  /// - Throws: `TensorError.typeMismatch` where the tensor holds something else.
  public func strings() throws(TensorError) -> [String] {
    guard case .strings(let strings) = storage else {
      throw .typeMismatch(expected: .string, found: elementType)
    }
    return strings
  }

  /// The elements of an integer tensor (any width, also bool) as `Int`: shapes, axes, indices.
  ///
  /// - Throws: `TensorError.typeMismatch` for other types, and for a uint64 beyond `Int.max`.
  public func integers() throws(TensorError) -> [Int] {
    switch elementType {
    case .int64: return try array(of: Int64.self).map { Int($0) }
    case .int32: return try array(of: Int32.self).map { Int($0) }
    case .int16: return try array(of: Int16.self).map { Int($0) }
    case .int8: return try array(of: Int8.self).map { Int($0) }
    case .uint8: return try array(of: UInt8.self).map { Int($0) }
    case .uint16: return try array(of: UInt16.self).map { Int($0) }
    case .uint32: return try array(of: UInt32.self).map { Int($0) }
    case .bool: return try array(of: Bool.self).map { $0 ? 1 : 0 }
    case .uint64:
      let values = try array(of: UInt64.self)
      guard values.allSatisfy({ $0 <= UInt64(Int.max) }) else {
        throw .typeMismatch(expected: .int64, found: .uint64)
      }
      return values.map { Int($0) }
    default: throw .typeMismatch(expected: .int64, found: elementType)
    }
  }

  /// Lets go of the pages of a mapped file behind the elements, after they were copied into another form.
  package func releasePages() {
    guard case .bytes(let buffer, let offset) = storage else { return }
    buffer.releasePages(offset..<offset + byteCount)
  }

  /// A copy whose bytes are owned, so that it keeps neither a mapped file nor an arena alive.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  public func owned() throws(TensorError) -> Tensor {
    guard case .bytes(let buffer, let offset) = storage, buffer.isBorrowed else { return self }
    let copy = try TensorBuffer(byteCount: byteCount)
    copy.base.copyMemory(from: buffer.base + offset, byteCount: byteCount)
    return Tensor(elementType: elementType, shape: shape, storage: .bytes(copy, offset: 0))
  }
}
