import Foundation

/// Gets model files whole or not at all: what came of an interrupted download is kept beside the user's other
/// caches, and the next attempt goes on from there.
public struct Downloader: Sendable {
  /// What the file must be, where that is known.
  public struct Expectation: Sendable {
    public var sha256: String?
    public var bytes: Int?

    public init(sha256: String? = nil, bytes: Int? = nil) {
      self.sha256 = sha256
      self.bytes = bytes
    }
  }

  /// Where nothing else is known of a file's size.
  public static let maximumBytes = 16 << 30

  private let transports: [String: any Transport]
  /// Where parts of files wait for the rest.
  public let folder: String

  /// - Parameters:
  ///   - transports: by scheme, such as `https`; `file` is there already.
  ///   - folder: by default `aviary/downloads` in the user's cache folder.
  public init(transports: [String: any Transport] = [:], folder: String? = nil) {
    self.transports = ["file": FileTransport()].merging(transports) { $1 }
    self.folder = folder ?? Self.cacheFolder
  }

  private static var cacheFolder: String {
    let environment = ProcessInfo.processInfo.environment
    let base =
      environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
      ?? environment["HOME"].map { "\($0)/.cache" } ?? NSTemporaryDirectory()
    return "\(base)/aviary/downloads"
  }

  /// Downloads into a file of `folder`, which the caller moves to its place.
  ///
  /// - Parameter progress: told the bytes that are there and their total, where known.
  /// - Throws: `ZooError.download`. After an interruption the part stays, and a download whose hash is known
  ///   goes on from it; after a wrong hash, a wrong size or a web page in place of a model nothing does.
  public func download(
    _ address: String, expecting expected: Expectation = .init(),
    progress: @escaping (Int, Int?) -> Void = { _, _ in }
  ) throws(ZooError) -> String {
    guard let url = URL(string: address), let scheme = url.scheme?.lowercased(),
      let transport = transports[scheme]
    else {
      let known = transports.keys.sorted().joined(separator: ", ")
      throw .download(url: address, problem: "is no address that can be fetched (known: \(known))")
    }
    let path = try partPath(address)
    let part = Part(path: path, url: address, expected: expected, progress: progress)
    do {
      try part.open()
      try transport.fetch(url, from: part.count) { event in try part.receive(event) }
      try part.finish()
      return path
    } catch let error as Part.Useless {
      try? FileManager.default.removeItem(atPath: path)
      throw .download(url: address, problem: error.reason)
    } catch let error as ZooError {
      part.suspend()
      throw error
    } catch {
      part.suspend()
      throw .download(url: address, problem: "\(error.localizedDescription)")
    }
  }

  private func partPath(_ address: String) throws(ZooError) -> String {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw .write(path: folder, problem: error.localizedDescription)
    }
    let hash = SHA256()
    hash.update(data: Data(address.utf8))
    return "\(folder)/\(FileDigest.hex(hash.finalize()).prefix(32)).part"
  }
}
