/// Decodes a Windows bitmap: 1, 4, 8, 16, 24 and 32 bits a pixel, palettes, bit masks, run lengths of 4 and 8
/// bits, rows from the bottom or from the top. An alpha channel is dropped.
func decodeBMP(
  _ bytes: UnsafeRawBufferPointer, _ options: DecodeOptions
) throws(ImageError.Reason) -> Image {
  let header = try BMPHeader(LittleEndian(bytes))
  try checkPixels(.bmp, header.width, header.height, options)
  var samples = [UInt8](repeating: 0, count: header.width * header.height * 3)
  if header.compression == 1 || header.compression == 2 {
    try header.runs(bytes, into: &samples)
  } else {
    try header.rows(bytes, into: &samples)
  }
  return Image(unchecked: header.width, header.height, .rgb, samples)
}

/// Integers at byte offsets; beyond the end they are missing.
struct LittleEndian {
  let bytes: UnsafeRawBufferPointer
  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  func number(_ offset: Int, _ width: Int) throws(ImageError.Reason) -> Int {
    guard offset >= 0, offset <= bytes.count - width else { throw .truncated(.bmp) }
    return (0..<width).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
  }
  func signed(_ offset: Int) throws(ImageError.Reason) -> Int {
    Int(Int32(truncatingIfNeeded: try number(offset, 4)))
  }
}

private struct BMPHeader {
  let width: Int
  let height: Int
  let isTopDown: Bool
  let bits: Int
  let compression: Int
  /// Where the pixels begin.
  let start: Int
  /// Red, green, blue of each colour.
  var palette: [(UInt8, UInt8, UInt8)] = []
  /// Red, green and blue bits of a 16- or 32-bit pixel.
  var masks = (0, 0, 0)

  init(_ data: LittleEndian) throws(ImageError.Reason) {
    start = try data.number(10, 4)
    let size = try data.number(14, 4)
    // The oldest header has sizes of 2 bytes and palette entries of 3.
    let isOld = size == 12
    guard isOld || size >= 40 else { throw .unsupported(.bmp, "a header of \(size) bytes") }
    let rows = isOld ? try data.number(20, 2) : try data.signed(22)
    width = isOld ? try data.number(18, 2) : try data.signed(18)
    isTopDown = rows < 0
    height = abs(rows)
    bits = try data.number(isOld ? 24 : 28, 2)
    compression = isOld ? 0 : try data.number(30, 4)
    guard [1, 4, 8, 16, 24, 32].contains(bits) else { throw .unsupported(.bmp, "\(bits) bits a pixel") }
    guard compression == 0 || (compression == 1 && bits == 8) || (compression == 2 && bits == 4)
      || ((compression == 3 || compression == 6) && (bits == 16 || bits == 32))
    else { throw .unsupported(.bmp, "compression \(compression) of \(bits) bits") }
    if bits <= 8 {
      let given = isOld ? 0 : try data.number(46, 4)
      let colours = given == 0 ? 1 << bits : min(given, 1 << bits)
      let step = isOld ? 3 : 4
      for index in 0..<colours {
        let place = 14 + size + step * index
        guard place + 3 <= start || start == 0 else { break }
        palette.append(
          (UInt8(try data.number(place + 2, 1)), UInt8(try data.number(place + 1, 1)), UInt8(try data.number(place, 1))))
      }
    } else if compression == 3 || compression == 6 {
      masks = (try data.number(54, 4), try data.number(58, 4), try data.number(62, 4))
    } else {
      masks = bits == 16 ? (0x7C00, 0x3E0, 0x1F) : (0xFF0000, 0xFF00, 0xFF)
    }
  }

  private func put(_ index: Int, _ x: Int, _ y: Int, _ samples: inout [UInt8]) throws(ImageError.Reason) {
    guard palette.indices.contains(index) else { throw .corrupt(.bmp, "a colour beyond the palette") }
    let place = 3 * ((isTopDown ? y : height - 1 - y) * width + x)
    (samples[place], samples[place + 1], samples[place + 2]) = palette[index]
  }

  /// The bits of a mask as a sample of 8 bits.
  private func sample(_ pixel: Int, _ mask: Int) -> UInt8 {
    guard mask != 0 else { return 0 }
    let shift = mask.trailingZeroBitCount
    let most = mask >> shift
    return UInt8(clamping: ((pixel & mask) >> shift) * 255 / most)
  }

  func rows(_ bytes: UnsafeRawBufferPointer, into samples: inout [UInt8]) throws(ImageError.Reason) {
    // Rows begin at multiples of four bytes.
    let stride = (width * bits + 31) / 32 * 4
    let (needed, overflow) = stride.multipliedReportingOverflow(by: height)
    guard !overflow, start <= bytes.count, bytes.count - start >= needed else { throw .truncated(.bmp) }
    for y in 0..<height {
      let row = UnsafeRawBufferPointer(rebasing: bytes[start + y * stride..<start + (y + 1) * stride])
      for x in 0..<width {
        if bits <= 8 {
          let shift = 8 - bits - x * bits % 8
          try put(Int(row[x * bits / 8]) >> shift & (1 << bits - 1), x, y, &samples)
          continue
        }
        let size = bits / 8
        let pixel = (0..<size).reduce(0) { $0 | Int(row[x * size + $1]) << (8 * $1) }
        let place = 3 * ((isTopDown ? y : height - 1 - y) * width + x)
        samples[place] = sample(pixel, masks.0)
        samples[place + 1] = sample(pixel, masks.1)
        samples[place + 2] = sample(pixel, masks.2)
      }
    }
  }

  /// Run lengths: a count and a colour, or 0 and a command.
  func runs(_ bytes: UnsafeRawBufferPointer, into samples: inout [UInt8]) throws(ImageError.Reason) {
    let data = LittleEndian(bytes)
    // What the runs leave out is the first colour.
    for y in 0..<height { for x in 0..<width { try put(0, x, y, &samples) } }
    var (x, y, place) = (0, 0, start)
    func colour(_ byte: Int, _ index: Int) -> Int { bits == 8 ? byte : index % 2 == 0 ? byte >> 4 : byte & 15 }
    while y < height {
      let (count, value) = (try data.number(place, 1), try data.number(place + 1, 1))
      place += 2
      switch (count, value) {
      case (0, 0): (x, y) = (0, y + 1)
      case (0, 1): return
      case (0, 2):
        x += try data.number(place, 1)
        y += try data.number(place + 1, 1)
        place += 2
      case (0, _):
        for index in 0..<value {
          let byte = try data.number(place + (bits == 8 ? index : index / 2), 1)
          if x < width, y < height { try put(colour(byte, index), x, y, &samples) }
          x += 1
        }
        let used = bits == 8 ? value : (value + 1) / 2
        place += used + used % 2
      default:
        for index in 0..<count {
          if x < width { try put(colour(value, index), x, y, &samples) }
          x += 1
        }
      }
    }
  }
}
