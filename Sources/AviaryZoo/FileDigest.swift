import Foundation

/// SHA-256 and size of a file, read in pieces so that a large model costs no memory.
public struct FileDigest: Sendable, Equatable {
  /// 64 lower-case hexadecimal digits.
  public let sha256: String
  public let bytes: Int

  /// - Throws: `ZooError.file` where the file cannot be read.
  public init(contentsOf path: String) throws(ZooError) {
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw .file(path: path, problem: "cannot be opened; check the path and its permissions")
    }
    defer { try? handle.close() }
    let hash = SHA256()
    var total = 0
    while true {
      let piece: Data?
      do { piece = try handle.read(upToCount: 1 << 20) } catch {
        throw .file(path: path, problem: "cannot be read (\(error.localizedDescription))")
      }
      guard let piece, !piece.isEmpty else { break }
      hash.update(data: piece)
      total += piece.count
    }
    sha256 = Self.hex(hash.finalize())
    bytes = total
  }

  /// Of a file that would hold these bytes.
  public init(_ content: [UInt8]) {
    let hash = SHA256()
    content.withUnsafeBytes { hash.update(data: $0) }
    sha256 = Self.hex(hash.finalize())
    bytes = content.count
  }

  /// Lower-case hexadecimal digits of a digest.
  package static func hex(_ digest: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef")
    return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
