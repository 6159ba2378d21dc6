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

  public func fetch(_ url: URL, from offset: Int, receive: (TransportEvent) throws -> Void) throws {
    var request = URLRequest(
      url: url, cachePolicy: .reloadIgnoringLocalCacheData, timeoutInterval: Self.timeout)
    // A compressed answer could not be resumed, and its length would be another.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    if offset > 0 { request.setValue("bytes=\(offset)-", forHTTPHeaderField: "Range") }
    let mailbox = Mailbox(url: url, asked: offset)
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
