/// Why a picture could not be had. `path` is the name that the caller gave: a file, or a row of an archive.
public struct ImageError: Error, Equatable, CustomStringConvertible {
  public enum Reason: Equatable, Sendable {
    /// The file could not be opened or read; the text is the system's.
    case unreadable(String)
    case empty
    /// None of the formats of `ImageFormat` by its first bytes.
    case unknownFormat(start: [UInt8])
    /// Well-formed, but of a kind that is not decoded.
    case unsupported(ImageFormat, String)
    /// The data end before the picture does.
    case truncated(ImageFormat)
    case corrupt(ImageFormat, String)
    case tooManyPixels(ImageFormat, width: Int, height: Int, limit: Int)
    case tooManyBytes(Int, limit: Int)
    /// A size that a resize, crop or preprocessing cannot have.
    case invalidSize(String)
    /// A file of frames that begins like none that can be read.
    case unsupportedFilm(start: [UInt8])
    /// A film that cannot be read; the text says what it is.
    case film(String)
    /// A preprocessing step of this name could not be carried out.
    case step(String, String)
  }

  public let path: String
  public let reason: Reason

  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  public var description: String { "\(path): \(reason.explanation)" }
}

extension ImageError.Reason {
  package var explanation: String {
    switch self {
    case .unreadable(let text): "cannot be read (\(text)); check the path and its permissions"
    case .empty: "is empty; expected an image"
    case .unknownFormat(let start):
      "is not an image that can be read (it begins with \(hex(start))); convert it to JPEG or PNG"
    case .unsupported(let format, let what):
      "\(format) with \(what) is not supported; save it as baseline JPEG or as PNG"
    case .truncated(let format): "\(format) data end before the image does; get a complete copy of the file"
    case .corrupt(let format, let what): "damaged \(format) (\(what)); get an intact copy of the file"
    case .tooManyPixels(let format, let width, let height, let limit):
      "\(format) of \(width) x \(height) pixels is above the limit of \(limit) pixels; "
        + "scale it down or raise the limit"
    case .tooManyBytes(let bytes, let limit):
      "has \(bytes) bytes, above the limit of \(limit); is it an image? Otherwise raise the limit"
    case .invalidSize(let what): what
    case .unsupportedFilm(let start):
      "is neither a folder of pictures nor an MJPEG or AVI file (it begins with \(hex(start))); "
        + "convert it, for example with 'ffmpeg -i FILM -c:v mjpeg -q:v 3 film.avi'"
    case .film(let what):
      "is \(what); convert it, for example with 'ffmpeg -i FILM -c:v mjpeg -q:v 3 film.avi'"
    case .step(let name, let what): "preprocessing step '\(name)' \(what)"
    }
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }
}
