/// A decoded picture: 8-bit samples, interleaved, rows from top to bottom, no padding between rows.
public struct Image: Sendable, Equatable {
  public enum Color: String, Sendable, CaseIterable {
    case grey
    case rgb

    public var channels: Int { self == .grey ? 1 : 3 }
  }

  public let width: Int
  public let height: Int
  public let color: Color
  /// `height * width * color.channels` samples.
  public let samples: [UInt8]

  /// - Returns: `nil` where `samples` does not hold exactly `height * width * color.channels` values or a
  ///   side is not positive.
  public init?(width: Int, height: Int, color: Color, samples: [UInt8]) {
    guard width > 0, height > 0 else { return nil }
    let (area, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, area <= Int.max / 4, area * color.channels == samples.count else { return nil }
    self.init(unchecked: width, height, color, samples)
  }

  /// For code that computed the size of `samples` from the same numbers.
  init(unchecked width: Int, _ height: Int, _ color: Color, _ samples: [UInt8]) {
    self.width = width
    self.height = height
    self.color = color
    self.samples = samples
  }

  public var channels: Int { color.channels }

  /// The sample at column `x`, row `y`, or `nil` outside the picture.
  public func sample(x: Int, y: Int, channel: Int = 0) -> UInt8? {
    guard x >= 0, x < width, y >= 0, y < height, channel >= 0, channel < channels else { return nil }
    return samples[(y * width + x) * channels + channel]
  }
}
