import AviaryCore

/// Decodes `int32_data`, `int64_data` and `uint64_data` into the layout of the element type.
///
/// - Precondition: the field holds as many numbers as the buffer has elements (bytes, for 4- and 2-bit
///   types); whatever there is beyond is dropped, never written.
struct VarintDecoder {
  let elements: TensorElements
  let field: TensorElements.Field
  let type: ElementType

  /// - Throws: `ImportError` (`malformed`) for a number that the element type cannot hold.
  func decode(into buffer: TensorBuffer) throws(ImportError) {
    switch type {
    case .bool: try write(UInt8.self, buffer) { $0 != 0 ? 1 : 0 }
    case .float6e2m3, .float6e3m2: try packSixBits(buffer)
    case .int64: try write(Int64.self, buffer) { Int64(bitPattern: $0) }
    case .uint64: try write(UInt64.self, buffer) { $0 }
    case .int32: try write(Int32.self, buffer) { Int32(truncatingIfNeeded: $0) }
    case .uint32: try write(UInt32.self, buffer) { UInt32(exactly: $0) }
    case .uint16, .float16, .bfloat16: try write(UInt16.self, buffer) { Self.bits($0) }
    case .int16: try write(Int16.self, buffer) { Self.bits($0).map { Int16(bitPattern: $0) } }
    default: try write(UInt8.self, buffer) { Self.bits($0) }
    }
  }

  /// The bits of a number that is a value of the signed or the unsigned type of that width.
  private static func bits<T: FixedWidthInteger & UnsignedInteger>(_ raw: UInt64) -> T? {
    let value = Int32(truncatingIfNeeded: raw)
    let limit = Int32(truncatingIfNeeded: T.max)
    guard value <= limit, value >= -(limit / 2) - 1 else { return nil }
    return T(truncatingIfNeeded: value)
  }

  private func write<T: FixedWidthInteger & BitwiseCopyable>(
    _ element: T.Type, _ buffer: TensorBuffer, _ convert: (UInt64) -> T?
  ) throws(ImportError) {
    let target = buffer.base.bindMemory(to: T.self, capacity: buffer.byteCount / MemoryLayout<T>.stride)
    let capacity = buffer.byteCount / MemoryLayout<T>.stride
    var index = 0
    try elements.forEachVarint(of: field) { (raw) throws(ImportError) in
      guard let value = convert(raw) else {
        let number = Int64(bitPattern: raw)
        throw ImportError(.malformed, "element \(index) is \(number), which is no \(type.name)")
      }
      if index < capacity { target[index] = value }
      index += 1
    }
  }

  /// One stream of bits, the first element in the lowest ones.
  private func packSixBits(_ buffer: TensorBuffer) throws(ImportError) {
    let target = UnsafeMutableRawBufferPointer(start: buffer.base, count: buffer.byteCount)
    target.initializeMemory(as: UInt8.self, repeating: 0)
    var index = 0
    try elements.forEachVarint(of: field) { (raw) throws(ImportError) in
      guard raw < 64 else {
        throw ImportError(.malformed, "element \(index) is \(raw), which has more than 6 bits")
      }
      let bit = index * 6
      let word = UInt16(raw) << UInt16(bit % 8)
      if bit / 8 < target.count { target[bit / 8] |= UInt8(truncatingIfNeeded: word) }
      if bit / 8 + 1 < target.count { target[bit / 8 + 1] |= UInt8(truncatingIfNeeded: word >> 8) }
      index += 1
    }
  }
}
