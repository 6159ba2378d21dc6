import AviaryCore

#if canImport(Glibc)
  import Glibc
#endif

/// A file's bytes, mapped privately and read-only; unmapped when the last tensor that borrows from it goes.
///
/// Unsafe because: `bytes` spans exactly the mapping, which lives as long as this object and is never
/// written. A file that someone else shortens while it is mapped makes its lost pages unreadable; that is
/// the price of not copying it, and the same for every runtime that maps its weights.
final class MappedFile: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer

  /// - Returns: `nil` where the system refuses.
  init?(descriptor: Int32, byteCount: Int) {
    guard byteCount > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let base = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0),
      base != MAP_FAILED
    else { return nil }
    bytes = UnsafeRawBufferPointer(start: base, count: byteCount)
  }

  deinit {
    if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
  }
}

/// Where tensors get their bytes from during import: a mapped file, or memory that the caller gave.
final class ByteSource {
  /// All of it. Tensors borrow from here.
  let buffer: TensorBuffer
  /// For errors.
  let name: String
  /// Open while the import runs; -1 for memory.
  private let descriptor: Int32

  var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: buffer.base, count: buffer.byteCount)
  }

  /// Maps an open file and closes `descriptor` in the end, whatever happens.
  init(descriptor: Int32, name: String) throws(ImportError) {
    self.descriptor = descriptor
    self.name = name
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let why = errorText()
      close(descriptor)
      throw ImportError(.io, "cannot be read: \(why)", file: name)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw ImportError(.io, "is not a regular file", file: name)
    }
    guard let file = MappedFile(descriptor: descriptor, byteCount: Int(status.st_size)) else {
      let why = errorText()
      close(descriptor)
      throw ImportError(.io, "cannot be mapped: \(why)", file: name)
    }
    buffer = TensorBuffer(borrowing: file.bytes, owner: file, isFile: true)
  }

  /// Opens a file that the user named; symbolic links are followed.
  convenience init(path: String) throws(ImportError) {
    // A pipe without a writer would block here for ever.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else {
      throw ImportError(.io, "cannot be opened: \(errorText())", file: path)
    }
    try self.init(descriptor: descriptor, name: path)
  }

  /// A copy of bytes in memory.
  init(copying bytes: some Collection<UInt8>, name: String) throws(ImportError) {
    self.name = name
    descriptor = -1
    do {
      buffer = try TensorBuffer(byteCount: bytes.count)
    } catch {
      throw ImportError(.limit, error.description, file: name)
    }
    UnsafeMutableRawBufferPointer(start: buffer.base, count: bytes.count).copyBytes(from: bytes)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Copies part of the source. Large parts of a file are read, not touched through the mapping: the pages
  /// of the mapping would count as this process's memory beside the copy.
  ///
  /// - Precondition: `range` lies within the source and `target` is as long; the copy is clamped to both.
  func copy(_ range: WireRange, to target: UnsafeMutableRawBufferPointer) throws(ImportError) {
    guard range.offset >= 0, range.count >= 0, range.offset <= buffer.byteCount,
      range.count <= buffer.byteCount - range.offset, range.count <= target.count,
      let base = target.baseAddress
    else { return }
    guard descriptor >= 0, range.count >= 1 << 16 else {
      base.copyMemory(from: buffer.base + range.offset, byteCount: range.count)
      return
    }
    var done = 0
    while done < range.count {
      let got = pread(descriptor, base + done, range.count - done, off_t(range.offset + done))
      if got < 0 && errno == EINTR { continue }
      guard got > 0 else {
        let why = got == 0 ? "it became shorter" : errorText()
        throw ImportError(.io, "cannot be read: \(why)", file: name)
      }
      done += got
    }
  }
}

/// What `errno` says.
func errorText() -> String { String(cString: strerror(errno)) }
