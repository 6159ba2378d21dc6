import CTurboJPEG

/// Decodes a JPEG: baseline and progressive, grey, YCbCr, RGB, CMYK and YCCK, any subsampling.
///
/// The decoder warns where it can go on. A warning that leaves pixels missing or invented (data ending early,
/// bad Huffman codes, lost restart markers) is an error here: a face that is half grey must not count as a
/// face. Warnings that leave every pixel known (stray bytes before a marker, unknown JFIF revision) are not.
func decodeJPEG(
  _ bytes: UnsafeRawBufferPointer, _ options: DecodeOptions
) throws(ImageError.Reason) -> Image {
  guard let decoder = tjInitDecompress() else { throw .unsupported(.jpeg, "no memory for a decoder") }
  defer { tjDestroy(decoder) }
  let input = bytes.assumingMemoryBound(to: UInt8.self)

  var width: Int32 = 0, height: Int32 = 0, subsampling: Int32 = -1, colorspace: Int32 = -1
  let status = tjDecompressHeader3(
    decoder, input.baseAddress, UInt(input.count), &width, &height, &subsampling, &colorspace)
  // Subsamplings without a name in TurboJPEG fail here, after the sizes are known; they decode all the same.
  let known = width > 0 && height > 0 && colorspace >= 0
  guard known || (status == 0 && width > 0 && height > 0) else {
    throw failure(decoder, bytes)
  }
  try checkPixels(.jpeg, Int(width), Int(height), options)

  let (format, channels): (TJPF, Int) =
    switch colorspace {
    case Int32(TJCS_GRAY.rawValue): (TJPF_GRAY, 1)
    case Int32(TJCS_CMYK.rawValue), Int32(TJCS_YCCK.rawValue): (TJPF_CMYK, 4)
    default: (TJPF_RGB, 3)
    }
  let size = Int(width) * Int(height) * channels
  var failed = false
  let samples = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
    // Not zeroed, which takes a tenth of the time: where the decoder leaves rows unwritten it fails for good,
    // and what is here is thrown away.
    count = size
    // Width and height are given, so no more than `size` bytes can be written.
    failed =
      tjDecompress2(
        decoder, input.baseAddress, UInt(input.count), buffer.baseAddress, width, 0, height,
        Int32(format.rawValue), TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS) != 0
  }
  if failed {
    let fatal = tjGetErrorCode(decoder) != Int32(TJERR_WARNING.rawValue)
    // Only the first warning can be read; after a harmless one, the end marker must be there.
    if fatal || !isHarmless(message(decoder)) || !hasEndMarker(bytes) { throw failure(decoder, bytes) }
  }
  if channels == 4 {
    return Image(unchecked: Int(width), Int(height), .rgb, rgbFromInvertedCMYK(samples))
  }
  return Image(unchecked: Int(width), Int(height), channels == 1 ? .grey : .rgb, samples)
}

private func message(_ decoder: tjhandle) -> String {
  tjGetErrorStr2(decoder).map { String(cString: $0) } ?? "unknown error"
}

private func isHarmless(_ warning: String) -> Bool {
  ["extraneous bytes", "JFIF", "Adobe", "Invalid SOS parameters", "Inconsistent progression"]
    .contains { warning.contains($0) }
}

private func hasEndMarker(_ bytes: UnsafeRawBufferPointer) -> Bool {
  var index = bytes.count - 2
  while index >= 2 {
    if bytes[index] == 0xFF && bytes[index + 1] == 0xD9 { return true }
    index -= 1
  }
  return false
}

private func failure(_ decoder: tjhandle, _ bytes: UnsafeRawBufferPointer) -> ImageError.Reason {
  let text = message(decoder)
  // "Not a JPEG file", "Empty input", "Premature end": what a cut file gives depends on where it was cut.
  if text.contains("Premature end") || text.contains("premature end") || !hasEndMarker(bytes) {
    return .truncated(.jpeg)
  }
  if text.contains("nsupported") || text.contains("not supported") || text.contains("requested feature") {
    return .unsupported(.jpeg, text)
  }
  return .corrupt(.jpeg, text)
}

/// Adobe's CMYK files hold inverted values; the conversion is the one of Pillow's `convert("RGB")`.
private func rgbFromInvertedCMYK(_ samples: [UInt8]) -> [UInt8] {
  let pixels = samples.count / 4
  return [UInt8](unsafeUninitializedCapacity: pixels * 3) { buffer, count in
    for pixel in 0..<pixels {
      let notBlack = Int(samples[4 * pixel + 3])
      for channel in 0..<3 {
        // Rounded division by 255.
        let product = (255 - Int(samples[4 * pixel + channel])) * notBlack + 128
        let ink = ((product >> 8) + product) >> 8
        buffer[3 * pixel + channel] = UInt8(clamping: notBlack - ink)
      }
    }
    count = pixels * 3
  }
}
