import AviaryImage

/// Where the picture of a sample comes from. Nothing is read before it is asked for.
public protocol SampleContent: Sendable {
  /// The stored bytes, which the data set's content hash covers.
  func bytes() throws(DatasetError) -> [UInt8]

  /// The decoded picture; errors name the file or line.
  func image(_ options: DecodeOptions) throws(DatasetError) -> Image
}

/// A JPEG or PNG file.
public struct FileContent: SampleContent {
  public let path: String

  public init(path: String) { self.path = path }

  public func bytes() throws(DatasetError) -> [UInt8] {
    let file = try ByteFile(path)
    return try file.read(at: 0, count: limited(file.size, path))
  }

  public func image(_ options: DecodeOptions) throws(DatasetError) -> Image {
    do throws(ImageError) {
      return try Image(contentsOf: path, options: options)
    } catch {
      throw .image(error)
    }
  }
}

/// A JPEG or PNG file inside an archive.
public struct ArchiveContent: SampleContent {
  public let archive: ByteFile
  /// The member's name in the archive.
  public let name: String
  let offset: Int
  let count: Int

  public func bytes() throws(DatasetError) -> [UInt8] {
    try archive.read(at: offset, count: limited(count, "\(archive.path)/\(name)"))
  }

  public func image(_ options: DecodeOptions) throws(DatasetError) -> Image {
    let path = "\(archive.path)/\(name)"
    guard count <= options.maxBytes else {
      throw .image(ImageError(path: path, reason: .tooManyBytes(count, limit: options.maxBytes)))
    }
    let bytes = try bytes()
    do throws(ImageError) {
      return try Image(decoding: bytes, path: path, options: options)
    } catch {
      throw .image(error)
    }
  }
}

/// No picture file is larger than what decoding takes by default.
private func limited(_ count: Int, _ path: String) throws(DatasetError) -> Int {
  let limit = DecodeOptions().maxBytes
  guard count <= limit else {
    throw .image(ImageError(path: path, reason: .tooManyBytes(count, limit: limit)))
  }
  return count
}
