/// The TIFF structure of a JPEG's first APP1 "Exif" segment, if there is one before the image data
/// (ITU-T T.81, annex B; Exif 2.32, 4.5.4). Anything malformed gives `nil`.
func jpegEXIF(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
  let identifier: [UInt8] = [0x45, 0x78, 0x69, 0x66, 0, 0]  // "Exif", 0, 0
  var offset = 2
  while bytes.count - offset >= 4 {
    guard bytes[offset] == 0xFF else { return nil }
    let marker = bytes[offset + 1]
    switch marker {
    case 0xFF:  // fill byte
      offset += 1
      continue
    case 0x01, 0xD0...0xD8:  // stand alone
      offset += 2
      continue
    case 0xD9, 0xDA: return nil
    default: break
    }
    let length = Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3])
    guard length >= 2, length <= bytes.count - offset - 2 else { return nil }
    let payload = UnsafeRawBufferPointer(rebasing: bytes[(offset + 4)..<(offset + 2 + length)])
    if marker == 0xE1, payload.starts(with: identifier) {
      return UnsafeRawBufferPointer(rebasing: payload[identifier.count...])
    }
    offset += 2 + length
  }
  return nil
}
