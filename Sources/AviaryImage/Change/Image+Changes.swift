import Foundation

/// Changes that leave a picture what it is for people; for studies of how models bear them.
extension Image {
  /// Left and right exchanged.
  public var mirrored: Image {
    var result = samples
    for y in 0..<height {
      for x in 0..<width {
        let from = (y * width + (width - 1 - x)) * channels
        let to = (y * width + x) * channels
        for c in 0..<channels { result[to + c] = samples[from + c] }
      }
    }
    return Image(unchecked: width, height, color, result)
  }

  /// Every sample times `factor`.
  public func brightened(by factor: Double) -> Image { map { $0 * factor } }

  /// Every sample's distance from the picture's mean grey, times `factor`.
  public func contrasted(by factor: Double) -> Image {
    let mean = Double(samples.reduce(0) { $0 + Int($1) }) / Double(max(1, samples.count))
    return map { mean + ($0 - mean) * factor }
  }

  /// A number from `noise` added to every sample.
  public func adding(_ noise: () -> Double) -> Image { map { $0 + noise() } }

  private func map(_ change: (Double) -> Double) -> Image {
    Image(unchecked: width, height, color, samples.map { Self.clamped(change(Double($0))) })
  }

  private static func clamped(_ value: Double) -> UInt8 {
    value.isFinite ? UInt8(max(0, min(255, value.rounded(.toNearestOrEven)))) : 0
  }

  /// Convolved with a Gaussian of `sigma` pixels, cut at four of them; the edge's pixels go on beyond it.
  public func blurred(sigma: Double) -> Image {
    guard sigma > 0, sigma.isFinite else { return self }
    let radius = max(1, min(256, Int((4 * sigma + 0.5).rounded(.down))))
    var kernel = (-radius...radius).map { exp(-Double($0 * $0) / (2 * sigma * sigma)) }
    let sum = kernel.reduce(0, +)
    kernel = kernel.map { $0 / sum }
    let rows = convolved(samples.map(Double.init), kernel, radius, horizontal: true)
    let both = convolved(rows, kernel, radius, horizontal: false)
    return Image(unchecked: width, height, color, both.map(Self.clamped))
  }

  private func convolved(
    _ values: [Double], _ kernel: [Double], _ radius: Int, horizontal: Bool
  ) -> [Double] {
    var result = values
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<channels {
          var sum = 0.0
          for (k, weight) in kernel.enumerated() {
            let nx = horizontal ? min(max(x + k - radius, 0), width - 1) : x
            let ny = horizontal ? y : min(max(y + k - radius, 0), height - 1)
            sum += weight * values[(ny * width + nx) * channels + c]
          }
          result[(y * width + x) * channels + c] = sum
        }
      }
    }
    return result
  }

  /// A rectangle in mean grey; what lies outside the picture is left out.
  public func covered(x: Int, y: Int, width: Int, height: Int) -> Image {
    let grey = UInt8(samples.reduce(0) { $0 + Int($1) } / max(1, samples.count))
    var result = samples
    for row in max(0, y)..<max(max(0, y), min(self.height, y + height)) {
      for column in max(0, x)..<max(max(0, x), min(self.width, x + width)) {
        for c in 0..<channels { result[(row * self.width + column) * channels + c] = grey }
      }
    }
    return Image(unchecked: self.width, self.height, color, result)
  }

  /// Shrunk by `factor` and brought back to its size: what a smaller picture would have kept.
  ///
  /// - Throws: `ImageError.Reason.invalidSize` for a factor that is not above zero.
  public func coarsened(by factor: Double) throws(ImageError.Reason) -> Image {
    guard factor > 0, factor.isFinite else { throw .invalidSize("a factor of \(factor)") }
    let small = (
      width: max(1, Int((Double(width) / factor).rounded())),
      height: max(1, Int((Double(height) / factor).rounded()))
    )
    return try resized(width: small.width, height: small.height, kernel: .bilinear)
      .resized(width: width, height: height, kernel: .bilinear)
  }

  /// Stored as a JPEG of this quality and read again.
  public func asJPEG(quality: Int) throws(ImageError.Reason) -> Image {
    let bytes = try jpeg(quality: quality)
    do throws(ImageError) {
      return try Image(decoding: bytes, path: "JPEG of quality \(quality)")
    } catch {
      throw error.reason
    }
  }
}
