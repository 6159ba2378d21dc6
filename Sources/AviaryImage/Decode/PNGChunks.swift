/// The size in a PNG's IHDR, or `nil` where the file ends before it.
func pngHeader(_ bytes: UnsafeRawBufferPointer) -> (width: Int, height: Int)? {
  guard bytes.count >= 33 else { return nil }
  return (Int(bigEndian32(bytes, 16)), Int(bigEndian32(bytes, 20)))
}

/// The TIFF structure in a PNG's eXIf chunk (PNG specification, third edition, 11.3.4.4), if there is one.
func pngEXIF(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
  var offset = 8
  while bytes.count - offset >= 12 {
    let length = Int(bigEndian32(bytes, offset))
    guard length <= bytes.count - offset - 12 else { return nil }
    if bigEndian32(bytes, offset + 4) == 0x6558_4966 {  // "eXIf"
      return UnsafeRawBufferPointer(rebasing: bytes[(offset + 8)..<(offset + 8 + length)])
    }
    offset += 12 + length
  }
  return nil
}

/// The caller has checked that four bytes follow `offset`.
private func bigEndian32(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
  UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
}
