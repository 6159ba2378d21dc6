/// Decodes the portable formats of Netpbm: P1 to P6 (bitmaps, grey, colour; as text and as bytes) and P7 (PAM)
/// without its alpha. Samples are scaled to 0...255.
func decodePNM(
  _ bytes: UnsafeRawBufferPointer, _ options: DecodeOptions
) throws(ImageError.Reason) -> Image {
  var reader = PNMReader(bytes)
  let header = try reader.header()
  try checkPixels(.pnm, header.width, header.height, options)
  let count = header.width * header.height
  let depth = header.depth
  // Every sample takes at least a bit: nothing is allocated for a header whose picture is not there.
  guard bytes.count - reader.place >= (header.isBitmap && !header.isText ? count / 8 : count) else {
    throw .truncated(.pnm)
  }
  let kept = depth < 3 ? 1 : 3
  var samples = [UInt8](repeating: 0, count: count * kept)
  for row in 0..<header.height {
    for column in 0..<header.width {
      for channel in 0..<depth {
        let value = try reader.sample(header, column: column)
        guard channel < kept else { continue }
        samples[(row * header.width + column) * kept + channel] = header.scaled(value)
      }
    }
    reader.endRow(header)
  }
  return Image(unchecked: header.width, header.height, kept == 1 ? .grey : .rgb, samples)
}

private struct PNMHeader {
  var width = 0
  var height = 0
  var depth = 1
  var most = 1
  var isText = false
  var isBitmap = false

  func scaled(_ value: Int) -> UInt8 {
    // A bitmap's 1 is black.
    if isBitmap { return value == 0 ? 255 : 0 }
    return UInt8(clamping: most == 255 ? value : (value * 255 + most / 2) / most)
  }
}

private struct PNMReader {
  private let bytes: UnsafeRawBufferPointer
  private(set) var place = 2

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  private mutating func next() throws(ImageError.Reason) -> UInt8 {
    guard place < bytes.count else { throw .truncated(.pnm) }
    defer { place += 1 }
    return bytes[place]
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  /// The next word; comments run from `#` to the end of the line. One byte of white space behind it is taken.
  private mutating func word() throws(ImageError.Reason) -> String {
    var text: [UInt8] = []
    while true {
      guard place < bytes.count || text.isEmpty else { break }
      let byte = try next()
      if byte == UInt8(ascii: "#"), text.isEmpty {
        while try next() != 10 {}
      } else if Self.isSpace(byte) {
        if !text.isEmpty { break }
      } else {
        guard text.count < 32 else { throw .corrupt(.pnm, "a long word in the header") }
        text.append(byte)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func number() throws(ImageError.Reason) -> Int {
    let text = try word()
    guard let value = Int(text), value >= 0 else { throw .corrupt(.pnm, "'\(text)' is no number") }
    return value
  }

  mutating func header() throws(ImageError.Reason) -> PNMHeader {
    var header = PNMHeader()
    guard bytes.count > 2 else { throw .truncated(.pnm) }
    let kind = bytes[1]
    if kind == UInt8(ascii: "7") {
      try pam(&header)
    } else {
      header.width = try number()
      header.height = try number()
      header.isBitmap = kind == UInt8(ascii: "1") || kind == UInt8(ascii: "4")
      header.isText = kind < UInt8(ascii: "4")
      header.depth = kind == UInt8(ascii: "3") || kind == UInt8(ascii: "6") ? 3 : 1
      if !header.isBitmap { header.most = try number() }
    }
    guard (1...65535).contains(header.most), (1...4).contains(header.depth) else {
      throw .corrupt(.pnm, "samples up to \(header.most), \(header.depth) a pixel")
    }
    return header
  }

  private mutating func pam(_ header: inout PNMHeader) throws(ImageError.Reason) {
    while true {
      switch try word() {
      case "WIDTH": header.width = try number()
      case "HEIGHT": header.height = try number()
      case "DEPTH": header.depth = try number()
      case "MAXVAL": header.most = try number()
      case "TUPLTYPE": _ = try word()
      case "ENDHDR": return
      case let other: throw .corrupt(.pnm, "'\(other)' in the header")
      }
    }
  }

  mutating func sample(_ header: PNMHeader, column: Int) throws(ImageError.Reason) -> Int {
    if header.isText {
      guard header.isBitmap else { return try number() }
      // Digits of a bitmap need no space between them.
      while true {
        let byte = try next()
        if byte == UInt8(ascii: "0") || byte == UInt8(ascii: "1") { return Int(byte) - 48 }
        guard Self.isSpace(byte) else { throw .corrupt(.pnm, "a bitmap holds something else than 0 and 1") }
      }
    }
    if header.isBitmap {
      guard place < bytes.count else { throw .truncated(.pnm) }
      let bit = Int(bytes[place]) >> (7 - column % 8) & 1
      if column % 8 == 7 { place += 1 }
      return bit
    }
    let first = Int(try next())
    return header.most > 255 ? first << 8 | Int(try next()) : first
  }

  /// Rows of a packed bitmap begin on whole bytes.
  mutating func endRow(_ header: PNMHeader) {
    if header.isBitmap, !header.isText, header.width % 8 != 0 { place += 1 }
  }
}
