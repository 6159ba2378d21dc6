import Foundation

/// Fetches bytes from an address. The zoo knows `file:` itself; who wants more brings a transport along, so
/// that the library depends on no network.
public protocol Transport: Sendable {
  /// Delivers what lies at the address, beginning at `offset` where the source can.
  ///
  /// - Parameters:
  ///   - version: what an earlier head said; where the source has another one by now it begins at 0. `nil` takes
  ///     whatever is there.
  ///   - receive: called first with the head, then with the bytes in order; what it throws ends the transfer and
  ///     is thrown on.
  /// - Throws: `ZooError.download`; `Interruption` where the connection broke.
  func fetch(
    _ url: URL, from offset: Int, of version: String?, receive: (TransportEvent) throws -> Void
  ) throws
}

/// A transfer ended early; another attempt may bring the rest.
public struct Interruption: Error, Sendable {
  /// Begins with a verb, such as `cannot be fetched: no route to host`.
  public let problem: String

  public init(_ problem: String) { self.problem = problem }
}

public enum TransportEvent: Sendable {
  /// What the source says before the bytes.
  public struct Head: Sendable {
    /// Where the bytes that follow begin; 0 where the source cannot resume.
    public var offset: Int
    /// Of the whole; `nil` where the source does not say.
    public var total: Int?
    /// Such as `text/html`.
    public var contentType: String?
    /// Another one wherever the bytes are others; `nil` where the source does not tell.
    public var version: String?

    public init(offset: Int, total: Int?, contentType: String? = nil, version: String? = nil) {
      self.offset = offset
      self.total = total
      self.contentType = contentType
      self.version = version
    }
  }

  case head(Head)
  case bytes(Data)
}

/// `file:` addresses.
public struct FileTransport: Transport {
  public init() {}

  public func fetch(
    _ url: URL, from offset: Int, of version: String?, receive: (TransportEvent) throws -> Void
  ) throws {
    func failure(_ problem: String) -> ZooError { .download(url: url.absoluteString, problem: problem) }
    guard url.isFileURL else { throw failure("only file: addresses can be read here") }
    // A folder has no end and a pipe may never begin.
    let type = try? FileManager.default.attributesOfItem(atPath: url.resolvingSymlinksInPath().path)[.type]
    if let type = type as? FileAttributeType, type != .typeRegular { throw failure("is not a regular file") }
    guard let handle = FileHandle(forReadingAtPath: url.path) else {
      throw failure("there is no such file, or it may not be read")
    }
    defer { try? handle.close() }
    let current = FileState(url.path).map(\.version)
    let total: Int
    let start: Int
    do {
      total = Int(try handle.seekToEnd())
      start = version == nil || version == current ? min(offset, total) : 0
      try handle.seek(toOffset: UInt64(start))
    } catch {
      throw failure("cannot be read (\(error.localizedDescription))")
    }
    try receive(.head(.init(offset: start, total: total, version: current)))
    while true {
      let piece: Data?
      do { piece = try handle.read(upToCount: 1 << 20) } catch {
        throw failure("cannot be read (\(error.localizedDescription))")
      }
      guard let piece, !piece.isEmpty else { return }
      try receive(.bytes(piece))
    }
  }
}
