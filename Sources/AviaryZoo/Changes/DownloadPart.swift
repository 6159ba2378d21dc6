import Foundation

/// A file that is being downloaded.
final class Part {
  /// What has come can never become the file.
  struct Useless: Error {
    let reason: String
  }

  private let path: String
  private let url: String
  private let expected: Downloader.Expectation
  private let progress: (Int, Int?) -> Void
  private var handle: FileHandle?
  private var total: Int?
  private var isChecked = false
  /// Bytes that are there.
  private(set) var count = 0

  init(
    path: String, url: String, expected: Downloader.Expectation, progress: @escaping (Int, Int?) -> Void
  ) {
    self.path = path
    self.url = url
    self.expected = expected
    self.progress = progress
  }

  func open() throws {
    if !FileManager.default.fileExists(atPath: path) {
      guard FileManager.default.createFile(atPath: path, contents: nil) else {
        throw ZooError.write(path: path, problem: "the file cannot be made")
      }
    }
    guard let handle = FileHandle(forUpdatingAtPath: path) else {
      throw ZooError.write(path: path, problem: "the file cannot be opened")
    }
    self.handle = handle
    count = Int(try handle.seekToEnd())
    // A part as large as the whole was never checked: start anew. Where no hash will tell whether two parts
    // are of one file, the file may have changed in between.
    if expected.sha256 == nil || count >= expected.bytes ?? .max { try truncate(to: 0) }
  }

  private func truncate(to size: Int) throws {
    try handle?.truncate(atOffset: UInt64(size))
    try handle?.seek(toOffset: UInt64(size))
    count = size
  }

  func receive(_ event: TransportEvent) throws {
    switch event {
    case .head(let head):
      if head.contentType?.lowercased().hasPrefix("text/html") == true { throw Useless(reason: Self.webPage) }
      guard head.offset <= count else {
        throw Useless(reason: "begins at byte \(head.offset) of the file, asked was for byte \(count)")
      }
      if head.offset < count { try truncate(to: max(0, head.offset)) }
      total = head.total
      if let bytes = expected.bytes, let total, bytes != total {
        throw Useless(reason: "has \(total) bytes there, the manifest says \(bytes)")
      }
      try refuseLength(total ?? 0)
    case .bytes(let data):
      if count == 0 { try refuseOthers(data) }
      try refuseLength(count + data.count)
      do { try handle?.write(contentsOf: data) } catch {
        // A full disk: what is there helps nobody.
        throw Useless(reason: "cannot be stored at \(path): \(error.localizedDescription)")
      }
      count += data.count
      progress(count, total ?? expected.bytes)
    }
  }

  private func refuseLength(_ bytes: Int) throws {
    if let expected = expected.bytes, bytes > expected {
      throw Useless(reason: "has more than the \(expected) bytes that the manifest says")
    }
    if bytes > Downloader.maximumBytes {
      throw Useless(reason: "has more than \(Downloader.maximumBytes) bytes, which no model has")
    }
  }

  private static let webPage =
    "serves a web page, not a model; take the address of the file itself (on GitHub 'raw', on Hugging Face "
    + "'resolve' in place of 'blob')"

  /// What servers give in place of a file.
  private func refuseOthers(_ data: Data) throws {
    let start = String(decoding: data.prefix(256), as: UTF8.self).lowercased()
      .drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    if ["<!doctype html", "<html", "<?xml", "<head"].contains(where: start.hasPrefix) {
      throw Useless(reason: Self.webPage)
    }
    if start.hasPrefix("version https://git-lfs") {
      throw Useless(reason: "serves a Git LFS pointer, not the file behind it; take the address of the media")
    }
  }

  /// Checks the whole.
  func finish() throws {
    try handle?.synchronize()
    close()
    if let bytes = total ?? expected.bytes, count < bytes {
      throw ZooError.download(
        url: url, problem: "ended after \(count) of \(bytes) bytes; the same command goes on from there")
    }
    guard count > 0 else { throw Useless(reason: "is empty") }
    if let bytes = expected.bytes, bytes != count {
      throw Useless(reason: "has \(count) bytes, the manifest says \(bytes)")
    }
    guard let sha256 = expected.sha256 else { return }
    let digest = try FileDigest(contentsOf: path)
    guard digest.sha256 == sha256 else {
      throw Useless(reason: "has sha256 \(digest.sha256), expected is \(sha256); nothing was kept")
    }
  }

  /// Keeps what has come for the next attempt.
  func suspend() {
    close()
    if count == 0 { try? FileManager.default.removeItem(atPath: path) }
  }

  func close() {
    try? handle?.close()
    handle = nil
  }
}
