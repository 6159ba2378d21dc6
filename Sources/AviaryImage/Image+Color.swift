import CPixels

extension Image {
  /// The picture in `color`, itself where it has that already.
  public func converted(to color: Color) -> Image {
    guard color != self.color else { return self }
    return color == .grey ? grey() : rgb()
  }

  /// Luma by ITU-R BT.601 in the integer form of Pillow's `convert("L")`:
  /// `(19595 R + 38470 G + 7471 B + 32768) >> 16`.
  private func grey() -> Image {
    let pixels = width * height
    let result = [UInt8](unsafeUninitializedCapacity: pixels) { buffer, count in
      samples.withUnsafeBufferPointer { source in
        cpixels_grey(source.baseAddress, buffer.baseAddress, Int64(pixels))
      }
      count = pixels
    }
    return Image(unchecked: width, height, .grey, result)
  }

  private func rgb() -> Image {
    let pixels = width * height
    let result = [UInt8](unsafeUninitializedCapacity: 3 * pixels) { buffer, count in
      for pixel in 0..<pixels {
        for channel in 0..<3 { buffer[3 * pixel + channel] = samples[pixel] }
      }
      count = 3 * pixels
    }
    return Image(unchecked: width, height, .rgb, result)
  }

  /// RGB as BGR and back; a grey picture stays as it is.
  public func swappingRedAndBlue() -> Image {
    guard color == .rgb else { return self }
    var result = samples
    for pixel in 0..<(width * height) { result.swapAt(3 * pixel, 3 * pixel + 2) }
    return Image(unchecked: width, height, .rgb, result)
  }
}
