import Foundation

/// The bytes of a regular file of at most `limit` bytes.
///
/// - Throws: `ImageError` (`unreadable`, `tooManyBytes`).
func readFile(_ path: String, limit: Int) throws(ImageError) -> [UInt8] {
  func failure() -> ImageError {
    ImageError(path: path, reason: .unreadable(String(cString: strerror(errno))))
  }
  // O_NONBLOCK: opening a named pipe must not wait for a writer.
  let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard file >= 0 else { throw failure() }
  defer { close(file) }
  var status = stat()
  guard fstat(file, &status) == 0 else { throw failure() }
  guard status.st_mode & S_IFMT == S_IFREG else {
    throw ImageError(path: path, reason: .unreadable("not a regular file"))
  }
  let size = Int(status.st_size)
  guard size <= limit else { throw ImageError(path: path, reason: .tooManyBytes(size, limit: limit)) }
  var failed = false
  let bytes = [UInt8](unsafeUninitializedCapacity: max(size, 1)) { buffer, count in
    guard let start = buffer.baseAddress else { return }
    while count < size {
      let got = read(file, start + count, size - count)
      if got < 0 && errno == EINTR { continue }
      if got < 0 { failed = true }
      if got <= 0 { return }
      count += got
    }
  }
  if failed { throw failure() }
  return bytes
}
