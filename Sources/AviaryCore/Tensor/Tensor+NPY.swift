extension Tensor {
  /// The tensor as a file of NumPy's format, version 1.0 (little-endian, C order); bfloat16, which NumPy has
  /// not, as float32.
  ///
  /// Source: numpy.lib.format.
  ///
  /// - Throws: `TensorError.typeMismatch` for strings and for types of 8 bits or fewer that NumPy has not.
  public func npy() throws(TensorError) -> [UInt8] {
    let description: String
    switch elementType {
    case .float: description = "<f4"
    case .double: description = "<f8"
    case .float16: description = "<f2"
    case .int8: description = "|i1"
    case .int16: description = "<i2"
    case .int32: description = "<i4"
    case .int64: description = "<i8"
    case .uint8: description = "|u1"
    case .uint16: description = "<u2"
    case .uint32: description = "<u4"
    case .uint64: description = "<u8"
    case .bool: description = "|b1"
    case .complex64: description = "<c8"
    case .complex128: description = "<c16"
    case .bfloat16:
      // The upper half of a float.
      let halves: [Float] = withBytes { bytes in
        (0..<count).map { index in
          let bits = bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
          return Float(bitPattern: UInt32(UInt16(littleEndian: bits)) << 16)
        }
      }
      return try Tensor(halves, shape: shape).npy()
    default: throw .typeMismatch(expected: .float, found: elementType)
    }
    let extents = shape.dims.map(String.init).joined(separator: ", ")
    var header = "{'descr': '\(description)', 'fortran_order': False, 'shape': "
    header += "(\(extents)\(shape.rank == 1 ? "," : "")), }"
    // Magic, version and length are 10 bytes; the whole head is a multiple of 64 and ends a line.
    let padding = 63 - (10 + header.utf8.count) % 64
    header += String(repeating: " ", count: padding) + "\n"
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    bytes += [UInt8(truncatingIfNeeded: header.utf8.count), UInt8(truncatingIfNeeded: header.utf8.count >> 8)]
    bytes += Array(header.utf8)
    withBytes { bytes += $0 }
    return bytes
  }
}
