/// The file formats that are decoded, told apart by their first bytes, never by a file's name.
public enum ImageFormat: String, Sendable, CustomStringConvertible {
  case jpeg
  case png
  case bmp
  case jpeg2000
  /// PBM, PGM, PPM and PAM.
  case pnm
  case tiff
  case webp

  public var description: String {
    switch self {
    case .jpeg: "JPEG"
    case .png: "PNG"
    case .bmp: "BMP"
    case .jpeg2000: "JPEG 2000"
    case .pnm: "PNM"
    case .tiff: "TIFF"
    case .webp: "WebP"
    }
  }

  static let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// The format of a file that begins with `bytes`, or `nil`.
  public init?(sniffing bytes: UnsafeRawBufferPointer) {
    if bytes.starts(with: Self.pngSignature) {
      self = .png
    } else if bytes.starts(with: [0xFF, 0xD8, 0xFF] as [UInt8]) {
      self = .jpeg
    } else if let other = Self.others(bytes) {
      self = other
    } else {
      return nil
    }
  }

  private static func others(_ bytes: UnsafeRawBufferPointer) -> ImageFormat? {
    func begins(_ text: String, at offset: Int = 0) -> Bool { bytes.dropFirst(offset).starts(with: text.utf8) }
    if begins("RIFF"), begins("WEBP", at: 8) { return .webp }
    if begins("II*\0") || bytes.starts(with: [0x4D, 0x4D, 0x00, 0x2A] as [UInt8]) { return .tiff }
    // The signature box of a file, or the first two markers of a bare codestream.
    if bytes.starts(with: [0, 0, 0, 12, 0x6A, 0x50, 0x20, 0x20, 13, 10, 0x87, 10] as [UInt8])
      || bytes.starts(with: [0xFF, 0x4F, 0xFF, 0x51] as [UInt8])
    {
      return .jpeg2000
    }
    if begins("BM"), bytes.count > 26 { return .bmp }
    if bytes.count > 2, begins("P"), (49...55).contains(bytes[1]), bytes[2] == 32 || (9...13).contains(bytes[2]) {
      return .pnm
    }
    return nil
  }

  /// File extensions that a dataset folder lists as images (lower case); what a file is, its bytes say.
  public static let fileExtensions: Set<String> = [
    "jpg", "jpeg", "jpe", "jfif", "png", "apng", "bmp", "dib", "jp2", "j2k", "pbm", "pgm", "ppm", "pnm", "pam", "tif",
    "tiff", "webp",
  ]
}
