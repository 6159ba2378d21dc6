/// A size in pixels.
public struct PixelSize: Sendable, Equatable {
  public var width: Int
  public var height: Int

  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// The size whose shorter side is `side` and whose longer side keeps the aspect, cut to an integer:
  /// torchvision's `Resize(side)`.
  ///
  /// - Throws: `invalidSize` where a side is not positive or the longer one does not fit in an `Int`.
  public func scaled(shortestSide side: Int) throws(ImageError.Reason) -> PixelSize {
    guard side > 0, width > 0, height > 0 else {
      throw .invalidSize("the shortest side of \(width) x \(height) pixels cannot become \(side)")
    }
    let (product, overflow) = side.multipliedReportingOverflow(by: max(width, height))
    guard !overflow else { throw .invalidSize("a shortest side of \(side) pixels is too large") }
    let long = product / min(width, height)
    return width <= height
      ? PixelSize(width: side, height: long) : PixelSize(width: long, height: side)
  }

  /// The largest size with this aspect inside `box`, each side rounded and at least 1.
  public func fitted(into box: PixelSize) throws(ImageError.Reason) -> PixelSize {
    guard width > 0, height > 0, box.width > 0, box.height > 0 else {
      throw .invalidSize("\(width) x \(height) pixels do not fit into \(box.width) x \(box.height)")
    }
    let scale = min(Double(box.width) / Double(width), Double(box.height) / Double(height))
    func side(_ length: Int, _ limit: Int) -> Int {
      max(1, min(limit, Int((Double(length) * scale).rounded())))
    }
    return PixelSize(width: side(width, box.width), height: side(height, box.height))
  }
}

/// Where a centred window of `window` pixels begins on an axis of `length`: torchvision's `CenterCrop`.
/// Negative where the window is larger; the odd pixel of padding then goes to the far end.
func centeredStart(length: Int, window: Int) -> Int {
  let difference = length - window
  // Python rounds halves to even; before the start of the picture torchvision floors the padding instead.
  guard difference >= 0 else { return -(-difference / 2) }
  return Int((Double(difference) / 2).rounded(.toNearestOrEven))
}

/// Cuts the centred window out of interleaved samples; what lies outside the picture becomes `fill`.
/// The caller has checked that `size` is positive and within its limits.
func centeredWindow<Sample>(
  _ samples: [Sample], width: Int, height: Int, channels: Int, to size: PixelSize, fill: Sample
) -> [Sample] {
  let startX = centeredStart(length: width, window: size.width)
  let startY = centeredStart(length: height, window: size.height)
  let firstX = max(0, startX), lastX = min(width, startX + size.width)
  var result: [Sample] = []
  result.reserveCapacity(size.width * size.height * channels)
  for y in startY..<(startY + size.height) {
    guard y >= 0, y < height else {
      result += repeatElement(fill, count: size.width * channels)
      continue
    }
    result += repeatElement(fill, count: (firstX - startX) * channels)
    result += samples[((y * width + firstX) * channels)..<((y * width + lastX) * channels)]
    result += repeatElement(fill, count: (startX + size.width - lastX) * channels)
  }
  return result
}

extension Image {
  /// The centred window of `width` x `height` pixels, padded with `fill` where the picture is smaller:
  /// torchvision's `CenterCrop`.
  public func centerCropped(
    width: Int, height: Int, fill: UInt8 = 0, maxPixels: Int = 100_000_000
  ) throws(ImageError.Reason) -> Image {
    let size = try checkedWindow(width, height, maxPixels)
    let cut = centeredWindow(
      samples, width: self.width, height: self.height, channels: channels, to: size, fill: fill)
    return Image(unchecked: width, height, color, cut)
  }
}

extension FloatImage {
  /// The centred window of `width` x `height` pixels, padded with `fill` where the picture is smaller.
  public func centerCropped(
    width: Int, height: Int, fill: Float = 0, maxPixels: Int = 100_000_000
  ) throws(ImageError.Reason) -> FloatImage {
    let size = try checkedWindow(width, height, maxPixels)
    let cut = centeredWindow(
      samples, width: self.width, height: self.height, channels: channels, to: size, fill: fill)
    return FloatImage(unchecked: width, height, channels, cut)
  }
}

private func checkedWindow(_ width: Int, _ height: Int, _ limit: Int) throws(ImageError.Reason) -> PixelSize {
  let (area, overflow) = width.multipliedReportingOverflow(by: height)
  guard width > 0, height > 0, !overflow, area <= min(limit, Int.max >> 8) else {
    throw .invalidSize("cannot be cropped to \(width) x \(height) pixels; the limit is \(limit)")
  }
  return PixelSize(width: width, height: height)
}
