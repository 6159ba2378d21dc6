import CPNGReader

/// Decodes a PNG: every colour type, bit depth and interlacing.
func decodePNG(
  _ bytes: UnsafeRawBufferPointer, _ options: DecodeOptions
) throws(ImageError.Reason) -> Image {
  let input = bytes.assumingMemoryBound(to: UInt8.self)
  // Before libpng sees a byte: it allocates rows by the header's width.
  guard let header = pngHeader(bytes) else { throw .truncated(.png) }
  try checkPixels(.png, header.width, header.height, options)

  var layout = cpng_layout()
  var message = [CChar](repeating: 0, count: 200)
  guard cpng_header(input.baseAddress, input.count, &layout, &message, message.count) == 0 else {
    throw pngFailure(message)
  }
  let width = Int(layout.width), height = Int(layout.height)
  try checkPixels(.png, width, height, options)
  let channels = Int(layout.channels), sampleBytes = Int(layout.bytes_per_sample)
  guard (1...4).contains(channels) else { throw .unsupported(.png, "\(channels) channels") }

  var size = width * height * channels * sampleBytes
  var status: Int32 = 0
  var samples = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
    // Zeroed, because a damaged file may leave rows unwritten before it fails.
    buffer.initialize(repeating: 0)
    count = size
    status = cpng_read(
      input.baseAddress, input.count, buffer.baseAddress, size, &message, message.count)
  }
  guard status == 0 else { throw pngFailure(message) }
  if sampleBytes == 2 {
    size /= 2
    samples = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      for index in 0..<size { buffer[index] = samples[2 * index] }
      count = size
    }
  }
  if channels == 2 || channels == 4 {
    samples = withoutAlpha(samples, channels: channels, options.alpha)
  }
  // A coloured background makes a grey picture a coloured one.
  let color: Image.Color = samples.count == width * height ? .grey : .rgb
  return Image(unchecked: width, height, color, samples)
}

private func pngFailure(_ message: [CChar]) -> ImageError.Reason {
  let text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  return text == "the file ends early" ? .truncated(.png) : .corrupt(.png, text.isEmpty ? "no memory" : text)
}

/// Removes the last of 2 or 4 channels, over a background if one is asked for.
private func withoutAlpha(_ samples: [UInt8], channels: Int, _ alpha: DecodeOptions.Alpha) -> [UInt8] {
  let pixels = samples.count / channels
  switch alpha {
  case .drop:
    let kept = channels - 1
    return [UInt8](unsafeUninitializedCapacity: pixels * kept) { buffer, count in
      for pixel in 0..<pixels {
        for channel in 0..<kept { buffer[pixel * kept + channel] = samples[pixel * channels + channel] }
      }
      count = pixels * kept
    }
  case .composite(let red, let green, let blue):
    let background = [red, green, blue]
    let kept = channels == 2 && red == green && green == blue ? 1 : 3
    return [UInt8](unsafeUninitializedCapacity: pixels * kept) { buffer, count in
      for pixel in 0..<pixels {
        let opacity = Int(samples[pixel * channels + channels - 1])
        for channel in 0..<kept {
          let source = Int(samples[pixel * channels + min(channel, channels - 2)])
          let mixed = source * opacity + Int(background[channel]) * (255 - opacity)
          buffer[pixel * kept + channel] = UInt8((mixed + 127) / 255)
        }
      }
      count = pixels * kept
    }
  }
}
