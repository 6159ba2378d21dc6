/// One picture of a film, or why it could not be had.
public struct VideoFrame: Sendable {
  /// From 0, damaged frames counted.
  public let index: Int
  /// Since the beginning.
  public let seconds: Double
  /// For reports: a file of a folder, or the film and the frame's number.
  public let name: String
  public let image: Result<Image, ImageError>
}

/// What to read of a film, and what to refuse.
public struct VideoOptions: Sendable {
  /// For folders and files that do not say it.
  public var framesPerSecond = 25.0
  /// Whether `framesPerSecond` counts more than what a file says.
  public var overridesRate = false
  /// Later frames are left out.
  public var maximumFrames = 1_000_000
  /// Of one compressed frame; a longer one is damaged.
  public var maximumFrameBytes = 64 << 20
  public var decoding = DecodeOptions()

  public init() {}
}

/// The compressed frames of a file, one after the other.
protocol FrameSource: AnyObject {
  /// What the file says of its rate.
  var framesPerSecond: Double? { get }
  /// The next frame's bytes, what is wrong with it, or `nil` at the end.
  func next() -> Result<[UInt8], ImageError.Reason>?
}

/// Reads a film frame by frame: a folder of pictures, an MJPEG file or an AVI file of Motion JPEG.
///
/// Damaged frames are given with their error; what follows them is read on. Not thread-safe.
public final class VideoReader: Sequence, IteratorProtocol {
  public let path: String
  public let framesPerSecond: Double
  private let options: VideoOptions
  private let content: Content
  private var index = 0

  private enum Content {
    case folder([String])
    case file(any FrameSource)
  }

  /// - Throws: `ImageError` where there is nothing to read or it is no film that can be read.
  public init(path: String, options: VideoOptions = .init()) throws(ImageError) {
    self.path = path
    self.options = options
    do throws(ImageError.Reason) {
      if let names = try frameFiles(path) {
        content = .folder(names)
        framesPerSecond = options.framesPerSecond
      } else {
        let source = try openFrames(path, maximumFrameBytes: options.maximumFrameBytes)
        content = .file(source)
        let own = options.overridesRate ? nil : source.framesPerSecond
        framesPerSecond = own ?? options.framesPerSecond
      }
    } catch {
      throw ImageError(path: path, reason: error)
    }
  }

  /// Frames where that is known without reading them: of a folder.
  public var count: Int? {
    guard case .folder(let names) = content else { return nil }
    return Swift.min(names.count, options.maximumFrames)
  }

  /// The next frame; `nil` at the end.
  public func next() -> VideoFrame? {
    guard index < options.maximumFrames else { return nil }
    defer { index += 1 }
    let seconds = Double(index) / framesPerSecond
    switch content {
    case .folder(let names):
      guard index < names.count else { return nil }
      let name = "\(path)/\(names[index])"
      return VideoFrame(
        index: index, seconds: seconds, name: name,
        image: result { () throws(ImageError) in try Image(contentsOf: name, options: options.decoding) })
    case .file(let source):
      guard let bytes = source.next() else { return nil }
      let name = "\(path): frame \(index)"
      let image = result { () throws(ImageError) in
        switch bytes {
        case .success(let bytes): return try Image(decoding: bytes, path: name, options: options.decoding)
        case .failure(let reason): throw ImageError(path: name, reason: reason)
        }
      }
      return VideoFrame(index: index, seconds: seconds, name: name, image: image)
    }
  }

  private func result(_ body: () throws(ImageError) -> Image) -> Result<Image, ImageError> {
    do throws(ImageError) { return .success(try body()) } catch { return .failure(error) }
  }
}
