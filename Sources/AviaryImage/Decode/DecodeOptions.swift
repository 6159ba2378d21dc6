/// What to do while decoding a picture, and what to refuse.
public struct DecodeOptions: Sendable, Equatable {
  public enum Alpha: Sendable, Equatable {
    /// Forget it and keep the stored colour, as Pillow's `convert("RGB")` does.
    case drop
    /// `(sample * alpha + background * (255 - alpha)) / 255`, rounded.
    case composite(red: UInt8, green: UInt8, blue: UInt8)
  }

  public var alpha: Alpha = .drop
  /// Turn the picture upright by its EXIF orientation (1 to 8). Pillow needs `ImageOps.exif_transpose` for
  /// this.
  public var appliesOrientation = true
  /// Checked against the header before anything is allocated.
  public var maxPixels = 100_000_000
  /// Checked before a file is read.
  public var maxBytes = 256 << 20

  public init() {}
}
