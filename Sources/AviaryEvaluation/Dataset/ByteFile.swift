import Foundation

/// An open file of which pieces are read at given offsets, by several threads if need be.
public final class ByteFile: Sendable {
  public let path: String
  public let size: Int
  private let descriptor: Int32

  /// - Throws: `DatasetError.file` where `path` is not a regular file that can be opened.
  public init(_ path: String) throws(DatasetError) {
    func failure(_ problem: String) -> DatasetError {
      .file(path: path, problem: "cannot be read (\(problem)); check the path and its permissions")
    }
    // O_NONBLOCK: opening a named pipe must not wait for a writer.
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw failure(String(cString: strerror(errno))) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(file)
      throw failure("not a regular file")
    }
    self.path = path
    size = Int(status.st_size)
    descriptor = file
  }

  deinit { close(descriptor) }

  /// Exactly `count` bytes from `offset`.
  ///
  /// - Throws: `DatasetError.file` where the file does not have them.
  public func read(at offset: Int, count: Int) throws(DatasetError) -> [UInt8] {
    guard offset >= 0, count >= 0, offset <= size, count <= size - offset else {
      throw .file(path: path, problem: "ends before byte \(offset) + \(count); get a complete copy")
    }
    let bytes = [UInt8](unsafeUninitializedCapacity: max(count, 1)) { buffer, filled in
      guard let start = buffer.baseAddress else { return }
      while filled < count {
        let got = pread(descriptor, start + filled, count - filled, off_t(offset + filled))
        if got < 0 && errno == EINTR { continue }
        if got <= 0 { return }
        filled += got
      }
    }
    guard bytes.count == count else {
      throw .file(path: path, problem: "could not be read at byte \(offset); it changed or the disk failed")
    }
    return bytes
  }
}
