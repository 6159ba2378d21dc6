import Foundation

/// A file that is being downloaded.
final class Part {
  /// What has come can never become the file.
  struct Useless: Error {
    let reason: String
  }

  /// All of the file is there already.
  struct Whole: Error {}

  private let file: PartFile
  private let expected: Downloader.Expectation
  private let progress: (Int, Int?) -> Void
  private var total: Int?
  private var hasBegun = false
  /// Bytes that are there.
  private(set) var count = 0

  init(_ file: PartFile, expected: Downloader.Expectation, progress: @escaping (Int, Int?) -> Void) {
    self.file = file
    self.expected = expected
    self.progress = progress
  }

  /// The version of which the source must give the rest; `nil` where a hash will tell whether both belong
  /// together.
  var version: String? { expected.sha256 == nil && count > 0 ? file.version : nil }

  /// Whether a later attempt can go on from what is there: without a hash the file may have changed in between.
  var canGoOn: Bool { count > 0 && (expected.sha256 != nil || file.version != nil) }

  /// Looks at what an earlier attempt left.
  ///
  /// - Throws: `Whole` where nothing is missing.
  func open() throws {
    count = Int(try file.handle.seekToEnd())
    guard count > 0 else { return }
    if let sha256 = expected.sha256, count == expected.bytes ?? count,
      try FileDigest(contentsOf: file.path).sha256 == sha256
    {
      throw Whole()
    }
    if !canGoOn || count >= expected.bytes ?? .max { try truncate(to: 0) }
  }

  private func truncate(to size: Int) throws {
    try file.handle.truncate(atOffset: UInt64(size))
    try file.handle.seek(toOffset: UInt64(size))
    count = size
  }

  func receive(_ event: TransportEvent) throws {
    switch event {
    case .head(let head): try begin(head)
    case .bytes(let data):
      // Whatever comes before the source has said that it is the file is not the file.
      guard hasBegun else { throw Interruption("gave bytes without saying what they are") }
      if count == 0 { try refuseOthers(data) }
      try refuseLength(count + data.count)
      do { try file.handle.write(contentsOf: data) } catch {
        // A full disk: what is there helps nobody.
        throw Useless(reason: "cannot be stored at \(file.path): \(error.localizedDescription)")
      }
      count += data.count
      progress(count, total ?? expected.bytes)
    }
  }

  private func begin(_ head: TransportEvent.Head) throws {
    if head.contentType?.lowercased().hasPrefix("text/html") == true { throw Useless(reason: Self.webPage) }
    guard (0...count).contains(head.offset) else {
      throw Useless(reason: "begins at byte \(head.offset) of the file, asked was for byte \(count)")
    }
    total = head.total
    if let bytes = expected.bytes, let total, bytes != total {
      throw Useless(reason: "has \(total) bytes there, the manifest says \(bytes)")
    }
    try refuseLength(total ?? 0)
    if head.offset < count {
      // A source that cannot resume gives again what is there already.
      if let version = head.version, version == file.version, total == count { throw Whole() }
      try truncate(to: head.offset)
    }
    if head.offset == 0 { file.version = head.version }
    hasBegun = true
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
    try file.handle.synchronize()
    if let bytes = total ?? expected.bytes, count < bytes {
      throw Interruption("ended after \(count) of \(bytes) bytes")
    }
    guard count > 0 else { throw Useless(reason: "is empty") }
    if let bytes = expected.bytes, bytes != count {
      throw Useless(reason: "has \(count) bytes, the manifest says \(bytes)")
    }
    guard let sha256 = expected.sha256 else { return }
    let digest = try FileDigest(contentsOf: file.path)
    guard digest.sha256 == sha256 else {
      throw Useless(reason: "has sha256 \(digest.sha256), expected is \(sha256); nothing was kept")
    }
  }

  /// Keeps what has come for the next attempt, where that can use it.
  func suspend() {
    if !canGoOn { file.remove() }
  }
}
