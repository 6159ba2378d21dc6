import AviaryZoo
import Foundation
import FoundationNetworking

/// `http:` and `https:` addresses, through URLSession.
public struct HTTPTransport: Transport {
  /// The longest silence, in seconds.
  private static let timeout = 30.0

  public init() {}

  /// By scheme, as `Downloader` wants them.
  public static var transports: [String: any Transport] {
    ["http": HTTPTransport(), "https": HTTPTransport()]
  }

  public func fetch(
    _ url: URL, from offset: Int, of version: String?, receive: (TransportEvent) throws -> Void
  ) throws {
    do {
      try transfer(url, from: offset, of: version, receive)
    } catch is Mailbox.OtherVersion {
      try transfer(url, from: 0, of: nil, receive)
    }
  }

  private func transfer(
    _ url: URL, from offset: Int, of version: String?, _ receive: (TransportEvent) throws -> Void
  ) throws {
    var request = URLRequest(
      url: url, cachePolicy: .reloadIgnoringLocalCacheData, timeoutInterval: Self.timeout)
    // A compressed answer could not be resumed, and its length would be another.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    if offset > 0 {
      request.setValue("bytes=\(offset)-", forHTTPHeaderField: "Range")
      if let version { request.setValue(version, forHTTPHeaderField: "If-Range") }
    }
    let mailbox = Mailbox(url: url, asked: offset, version: version)
    let session = URLSession(configuration: .ephemeral, delegate: mailbox, delegateQueue: nil)
    let task = session.dataTask(with: request)
    defer {
      task.cancel()
      mailbox.abandon()
      session.invalidateAndCancel()
    }
    task.resume()
    while let event = try mailbox.next() { try receive(event) }
  }
}
