/// A picture of `Float` samples, interleaved as in `Image`: what resizing gives where it is not rounded.
public struct FloatImage: Sendable, Equatable {
  public let width: Int
  public let height: Int
  public let channels: Int
  /// `height * width * channels` samples, 0...255 and, after bicubic or Lanczos, a little beyond.
  public let samples: [Float]

  init(unchecked width: Int, _ height: Int, _ channels: Int, _ samples: [Float]) {
    self.width = width
    self.height = height
    self.channels = channels
    self.samples = samples
  }

  public init(_ image: Image) {
    self.init(unchecked: image.width, image.height, image.channels, image.samples.map(Float.init))
  }

  /// Rounded to integers, halves to even, and clamped to 0...255.
  public func rounded() -> Image {
    let bytes = samples.map { UInt8(max(0, min(255, $0.rounded(.toNearestOrEven)))) }
    return Image(unchecked: width, height, channels == 1 ? .grey : .rgb, bytes)
  }
}
