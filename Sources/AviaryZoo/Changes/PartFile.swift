import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The file in which a download grows, which one process at a time has. Beside it stands which version of the
/// file the source gave.
final class PartFile {
  let path: String
  let handle: FileHandle

  /// Takes the file, or makes an empty one.
  ///
  /// - Throws: `ZooError.write`; `.download` where another download of the address is under way.
  init(path: String, url: String) throws(ZooError) {
    // What is open may have been removed by the one who had it before; then there is another to take.
    for _ in 0..<16 {
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { throw .write(path: path, problem: String(cString: strerror(errno))) }
      // A file system without locks keeps nobody out, as little as it did before.
      let isTaken = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
      if !isTaken, Self.isOpen(descriptor, as: path) {
        self.path = path
        // Closes the descriptor, and so gives up the lock, with the last reference.
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        return
      }
      close(descriptor)
      if isTaken { break }
    }
    throw .download(
      url: url, problem: "another command is fetching it at this moment; try again when that has ended")
  }

  private static func isOpen(_ descriptor: Int32, as path: String) -> Bool {
    var opened = stat()
    var named = stat()
    return fstat(descriptor, &opened) == 0 && stat(path, &named) == 0 && opened.st_dev == named.st_dev
      && opened.st_ino == named.st_ino
  }

  private var versionPath: String { "\(path).version" }

  /// What the source calls the version that the bytes are of, such as an ETag; `nil` where it did not say.
  var version: String? {
    get {
      FileManager.default.contents(atPath: versionPath).map { String(decoding: $0, as: UTF8.self) }
    }
    set {
      guard let newValue else {
        try? FileManager.default.removeItem(atPath: versionPath)
        return
      }
      // Where it cannot be kept the next attempt begins anew.
      try? Data(newValue.utf8).write(to: URL(fileURLWithPath: versionPath), options: .atomic)
    }
  }

  func remove() {
    version = nil
    try? FileManager.default.removeItem(atPath: path)
  }
}
