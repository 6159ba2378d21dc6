extension Image {
  /// The picture at `width` x `height` pixels.
  ///
  /// With `antialias`, bit-equal to Pillow's `Image.resize` for every kernel. Without it, bilinear and
  /// bicubic interpolate between neighbours at half-pixel centres (OpenCV, PyTorch with `antialias=False`)
  /// and the result is rounded, halves to even. Nearest takes the pixel under the target's centre, as Pillow
  /// does (PyTorch's `nearest-exact` may take the other one where the centre falls on an edge between two
  /// pixels).
  ///
  /// - Throws: `ImageError.Reason.invalidSize` for sizes that are not positive or above `maxPixels`, and for
  ///   box, hamming or Lanczos without antialiasing.
  public func resized(
    width: Int, height: Int, kernel: ResampleKernel, antialias: Bool = true, maxPixels: Int = 100_000_000
  ) throws(ImageError.Reason) -> Image {
    try checkResize(self.width, self.height, width, height, kernel, antialias, maxPixels)
    if width == self.width && height == self.height { return self }
    if kernel == .nearest { return nearest(width, height) }
    if antialias { return Antialiased.resize(self, width, height, kernel) }
    return Interpolated.resize(FloatImage(self), width, height, kernel).rounded()
  }

  private func nearest(_ width: Int, _ height: Int) -> Image {
    let columns = nearestPositions(self.width, width), rows = nearestPositions(self.height, height)
    let channels = channels, size = width * height * channels
    let result = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      var to = 0
      for row in rows {
        for column in columns {
          let from = (row * self.width + column) * channels
          for channel in 0..<channels { buffer[to + channel] = samples[from + channel] }
          to += channels
        }
      }
      count = size
    }
    return Image(unchecked: width, height, color, result)
  }
}

extension FloatImage {
  /// The picture at `width` x `height` pixels, not rounded: PyTorch's `interpolate` on float tensors.
  public func resized(
    width: Int, height: Int, kernel: ResampleKernel, antialias: Bool = true, maxPixels: Int = 100_000_000
  ) throws(ImageError.Reason) -> FloatImage {
    try checkResize(self.width, self.height, width, height, kernel, antialias, maxPixels)
    if width == self.width && height == self.height { return self }
    if kernel == .nearest { return nearest(width, height) }
    return antialias
      ? Antialiased.resize(self, width, height, kernel) : Interpolated.resize(self, width, height, kernel)
  }

  private func nearest(_ width: Int, _ height: Int) -> FloatImage {
    let columns = nearestPositions(self.width, width), rows = nearestPositions(self.height, height)
    var result: [Float] = []
    result.reserveCapacity(width * height * channels)
    for row in rows {
      for column in columns {
        let from = (row * self.width + column) * channels
        result += samples[from..<(from + channels)]
      }
    }
    return FloatImage(unchecked: width, height, channels, result)
  }
}

/// The source position under each target's centre. Positions are summed up step by step as Pillow does, so
/// that those that fall on an edge between two pixels go the same way.
private func nearestPositions(_ source: Int, _ target: Int) -> [Int] {
  let step = Double(source) / Double(target)
  var position = step * 0.5
  return (0..<target).map { _ in
    defer { position += step }
    return min(source - 1, Int(position))
  }
}

private func checkResize(
  _ sourceWidth: Int, _ sourceHeight: Int, _ width: Int, _ height: Int, _ kernel: ResampleKernel,
  _ antialias: Bool, _ limit: Int
) throws(ImageError.Reason) {
  guard width > 0, height > 0 else {
    throw .invalidSize("cannot be resized to \(width) x \(height) pixels; both sides must be at least 1")
  }
  // Between the passes the picture has one old and one new side.
  for (first, second) in [(width, height), (width, sourceHeight), (sourceWidth, height)] {
    let (area, overflow) = first.multipliedReportingOverflow(by: second)
    guard !overflow, area <= min(limit, Int.max >> 8) else {
      throw .invalidSize(
        "a resize from \(sourceWidth) x \(sourceHeight) to \(width) x \(height) pixels is above the limit of "
          + "\(limit) pixels")
    }
  }
  // An axis needs weights in proportion to its longer end; pictures are refused long before that matters.
  let longest = max(sourceWidth, sourceHeight, width, height)
  guard longest <= 1 << 20 else {
    throw .invalidSize("has a side of \(longest) pixels; resizing takes at most \(1 << 20)")
  }
  guard antialias || [.nearest, .bilinear, .bicubic].contains(kernel) else {
    throw .invalidSize("the \(kernel.rawValue) kernel only exists with antialiasing")
  }
}
