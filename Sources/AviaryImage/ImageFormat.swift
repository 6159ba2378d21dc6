/// The file formats that are decoded, told apart by their first bytes, never by a file's name.
public enum ImageFormat: String, Sendable, CustomStringConvertible {
  case jpeg
  case png

  public var description: String { self == .jpeg ? "JPEG" : "PNG" }

  static let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// The format of a file that begins with `bytes`, or `nil`.
  public init?(sniffing bytes: UnsafeRawBufferPointer) {
    if bytes.starts(with: Self.pngSignature) {
      self = .png
    } else if bytes.starts(with: [0xFF, 0xD8, 0xFF] as [UInt8]) {
      self = .jpeg
    } else {
      return nil
    }
  }

  /// File extensions that a dataset folder lists as images (lower case); what a file is, its bytes say.
  public static let fileExtensions: Set<String> = ["jpg", "jpeg", "jpe", "jfif", "png", "apng"]
}
