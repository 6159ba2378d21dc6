import CImageFormats

/// Decodes WebP, TIFF and JPEG 2000 through their libraries: the header first, so that a size above the limit
/// is refused before anything of that size is allocated.
///
/// Samples are what Pillow's `convert("RGB")` gives: alpha is dropped, deeper samples are cut to 8 bits. Of a
/// TIFF the first page is read; a TIFF's transparent colours come multiplied by their alpha, as libtiff gives
/// them. Animated WebP files are refused.
func decodeByCodec(
  _ format: ImageFormat, _ bytes: UnsafeRawBufferPointer, _ options: DecodeOptions
) throws(ImageError.Reason) -> Image {
  let codec: Codec
  switch format {
  case .webp: codec = Codec(header: cimage_webp_header, read: cimage_webp_read)
  case .tiff: codec = Codec(header: cimage_tiff_header, read: cimage_tiff_read)
  default: codec = Codec(header: cimage_jp2_header, read: cimage_jp2_read)
  }
  if format == .jpeg2000 { try checkTiles(bytes) }
  var layout = cimage_layout()
  try codec.call(format, bytes) { codec.header($0, &layout) }
  let (width, height, channels) = (Int(layout.width), Int(layout.height), Int(layout.channels))
  try checkPixels(format, width, height, options)
  let size = width * height * channels
  var samples = [UInt8](repeating: 0, count: size)
  try codec.call(format, bytes) { source in codec.read(source, &samples, size) }
  return Image(unchecked: width, height, channels == 1 ? .grey : .rgb, samples)
}

/// The two functions of a format.
private struct Codec {
  let header: (UnsafePointer<cimage_source>?, UnsafeMutablePointer<cimage_layout>?) -> Int32
  let read: (UnsafePointer<cimage_source>?, UnsafeMutablePointer<UInt8>?, Int) -> Int32

  /// - Throws: `ImageError.Reason.corrupt` with the library's message where `body` fails.
  func call(
    _ format: ImageFormat, _ bytes: UnsafeRawBufferPointer,
    _ body: (UnsafePointer<cimage_source>) -> Int32
  ) throws(ImageError.Reason) {
    let capacity = 256
    var text = ""
    let status = withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { message in
      message.initialize(repeating: 0)
      var source = cimage_source(
        bytes: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), size: bytes.count,
        message: message.baseAddress, message_size: capacity)
      let status = body(&source)
      text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      return status
    }
    guard status != 0 else { return }
    if text == "an animation" { throw .unsupported(format, text) }
    throw .corrupt(format, text.isEmpty ? "no reason given" : text)
  }
}

/// Refuses a JPEG 2000 file of absurdly many tiles: the library makes tables for each while it reads the header.
private func checkTiles(_ bytes: UnsafeRawBufferPointer) throws(ImageError.Reason) {
  // Codestreams begin with the markers SOC and SIZ; behind them stand sizes and offsets of 4 bytes.
  let start = [0xFF, 0x4F, 0xFF, 0x51] as [UInt8]
  guard bytes.count >= 42 else { throw .truncated(.jpeg2000) }
  for index in 0...bytes.count - 42 where bytes[index] == 0xFF && bytes[index + 1] == 0x4F {
    guard UnsafeRawBufferPointer(rebasing: bytes[index..<index + 4]).elementsEqual(start) else { continue }
    func word(_ place: Int) -> Int {
      (0..<4).reduce(0) { $0 << 8 | Int(bytes[index + 8 + 4 * place + $1]) }
    }
    let (width, height, tileWidth, tileHeight) = (word(0), word(1), word(4), word(5))
    guard tileWidth > 0, tileHeight > 0 else { throw .corrupt(.jpeg2000, "tiles without an area") }
    let tiles = (width / tileWidth + 1) * (height / tileHeight + 1)
    guard tiles <= 8192 else { throw .unsupported(.jpeg2000, "\(tiles) tiles") }
  }
}
