import Foundation

/// Gets model files whole or not at all: what came of an interrupted download is kept beside the user's other
/// caches, and the next attempt goes on from there.
public struct Downloader: Sendable {
  /// What the file must be, where that is known.
  public struct Expectation: Sendable {
    /// 64 hexadecimal digits, in lower case whichever way they were given.
    public let sha256: String?
    public let bytes: Int?

    public init(sha256: String? = nil, bytes: Int? = nil) {
      self.sha256 = sha256?.lowercased()
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

  /// Downloads into a file of `folder`, which the caller copies to its place and then discards.
  ///
  /// - Parameter progress: told the bytes that are there and their total, where known.
  /// - Throws: `ZooError.download`, also where another process is fetching the same. After an interruption the
  ///   part stays, and a download goes on from it where the hash is known or the source tells its versions
  ///   apart; after a wrong hash, a wrong size or a web page in place of a model nothing does.
  public func download(
    _ address: String, expecting expected: Expectation = .init(),
    progress: @escaping (Int, Int?) -> Void = { _, _ in }
  ) throws(ZooError) -> DownloadedFile {
    guard let url = URL(string: address), let scheme = url.scheme?.lowercased(),
      let transport = transports[scheme]
    else {
      let known = transports.keys.sorted().joined(separator: ", ")
      throw .download(url: address, problem: "is no address that can be fetched (known: \(known))")
    }
    let file = try PartFile(path: try partPath(address), url: address)
    let part = Part(file, expected: expected, progress: progress)
    do {
      do {
        try part.open()
        try transport.fetch(url, from: part.count, of: part.version) { event in try part.receive(event) }
      } catch is Part.Whole {}
      try part.finish()
      return DownloadedFile(file)
    } catch let error as Part.Useless {
      file.remove()
      throw .download(url: address, problem: error.reason)
    } catch let error as Interruption {
      part.suspend()
      throw .download(url: address, problem: error.problem + Self.outlook(part))
    } catch let error as ZooError {
      part.suspend()
      throw error
    } catch {
      part.suspend()
      throw .download(url: address, problem: "\(error.localizedDescription)")
    }
  }

  private static func outlook(_ part: Part) -> String {
    if part.canGoOn { return "; the same command goes on from there" }
    return part.count > 0 ? "; nothing was kept, for the server does not say whether the file stays the same" : ""
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
