import AviaryCore
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension ModelManifest.File {
  /// Whether the file at `path` is the one described: by size, then by hash.
  ///
  /// A hash is computed once a process for a file that stays as it is; 30 MB take about 20 ms.
  ///
  /// - Parameter remedy: how to get the right file, for the error.
  /// - Throws: `ZooError.file` where it is missing or another one.
  public func check(at path: String, remedy: String) throws(ZooError) {
    guard let state = FileState(path) else {
      throw .file(path: path, problem: "is not there; \(remedy)")
    }
    guard state.size == bytes else {
      throw .file(
        path: path,
        problem: "is not the file that its manifest describes: it has \(state.size) bytes, not \(bytes); \(remedy)")
    }
    let digest = try FileDigest(remembering: path)
    guard digest.sha256 == sha256 else {
      throw .file(
        path: path,
        problem: "is not the file that its manifest describes: its sha256 is \(digest.sha256), not \(sha256); "
          + remedy)
    }
  }
}

extension FileDigest {
  private static let known = Guarded<[FileState: FileDigest]>([:])
  private static let mostKnown = 1024

  /// The digest of a file, from memory where this process computed it and the file has not changed since.
  ///
  /// - Throws: `ZooError.file` where the file cannot be read.
  public init(remembering path: String) throws(ZooError) {
    let before = FileState(path)
    if let before, let digest = Self.known.withLock({ $0[before] }) {
      self = digest
      return
    }
    let digest = try FileDigest(contentsOf: path)
    self = digest
    // What changed while it was read is not remembered.
    guard let before, FileState(path) == before else { return }
    Self.known.withLock {
      if $0.count >= Self.mostKnown { $0.removeAll() }
      $0[before] = digest
    }
  }
}

/// What changes when a file does: its place on the disk, size, and the times of its content and of its inode,
/// the last of which no program can set back.
struct FileState: Hashable, Sendable {
  let size: Int
  private let device: UInt64
  private let inode: UInt64
  private let times: [Int]

  /// The same in a word, for comparisons in another process.
  var version: String { ([Int(truncatingIfNeeded: inode), size] + times).map(String.init).joined(separator: "-") }

  /// - Returns: `nil` where there is no regular file.
  init?(_ path: String) {
    var info = stat()
    guard stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return nil }
    size = Int(info.st_size)
    device = UInt64(info.st_dev)
    inode = UInt64(info.st_ino)
    times = [info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_ctim.tv_sec, info.st_ctim.tv_nsec]
  }
}
