import AviaryZoo
import Foundation
import FoundationNetworking

/// Hands what URLSession delivers on its own queue to the thread that waits for it, a bounded number of
/// pieces ahead.
final class Mailbox: NSObject, URLSessionDataDelegate, @unchecked Sendable {
  /// The server has changed the file, whose rest is then of no use.
  struct OtherVersion: Error {}

  // Everything below is touched only under the condition's lock.
  private let condition = NSCondition()
  private var events: [TransportEvent] = []
  private var failure: (any Error)?
  private var isFinished = false
  private var isAbandoned = false

  private let url: URL
  private let asked: Int
  private let version: String?
  private static let ahead = 64

  init(url: URL, asked: Int, version: String?) {
    self.url = url
    self.asked = asked
    self.version = version
  }

  /// The next event; `nil` at the end.
  ///
  /// - Throws: `ZooError.download`, `Interruption`, `OtherVersion`.
  func next() throws -> TransportEvent? {
    condition.lock()
    defer { condition.unlock() }
    while events.isEmpty, !isFinished { condition.wait() }
    if !events.isEmpty {
      condition.broadcast()
      return events.removeFirst()
    }
    if let failure { throw failure }
    return nil
  }

  /// Nobody reads any more.
  func abandon() {
    condition.lock()
    isAbandoned = true
    condition.broadcast()
    condition.unlock()
  }

  private func put(_ event: TransportEvent) {
    condition.lock()
    while events.count >= Self.ahead, !isAbandoned { condition.wait() }
    // After the end come bodies of answers that are not the file.
    if !isAbandoned, !isFinished { events.append(event) }
    condition.broadcast()
    condition.unlock()
  }

  private func end(_ problem: String) {
    end(ZooError.download(url: url.absoluteString, problem: problem))
  }

  private func end(_ error: (any Error)?) {
    condition.lock()
    if !isFinished {
      failure = error
      isFinished = true
    }
    condition.broadcast()
    condition.unlock()
  }

  // MARK: URLSession

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
  ) {
    guard let response = response as? HTTPURLResponse else {
      end("did not answer in HTTP")
      return completionHandler(.cancel)
    }
    let length = response.expectedContentLength
    let body = length >= 0 ? Int(length) : nil
    func field(_ name: String) -> String? { response.value(forHTTPHeaderField: name) }
    let validators = Validators(
      tag: field("ETag"), modified: field("Last-Modified"), answered: field("Date"))
    // A server that knows ranges need not know If-Range.
    if asked > 0, [206, 416].contains(response.statusCode), let version, validators.contradict(version) {
      end(OtherVersion())
      return completionHandler(.cancel)
    }
    switch response.statusCode {
    case 206:
      // "bytes 100-199/200"
      let parts = (field("Content-Range") ?? "").split { " -/".contains($0) }
      guard asked > 0, parts.count > 1, Int(parts[1]) == asked else {
        end("answers with another part of the file than was asked for")
        return completionHandler(.cancel)
      }
      let total = parts.count > 3 ? Int(parts[3]) : nil
      put(.head(.init(offset: asked, total: total, contentType: field("Content-Type"))))
    case 200:
      put(
        .head(
          .init(
            offset: 0, total: body, contentType: field("Content-Type"), version: validators.version)))
    case 416:
      // "bytes */200": nothing lies behind what is there. Either that is all, or it is of another file.
      let total = (field("Content-Range") ?? "").split(separator: "/").last.flatMap { Int($0) }
      put(.head(.init(offset: total == asked ? asked : 0, total: total)))
      end(nil)
      return completionHandler(.cancel)
    case let status:
      end("answers with status \(status)\(Self.meaning(status))")
      return completionHandler(.cancel)
    }
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    put(.bytes(data))
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    end(error.map { Interruption("cannot be fetched: \($0.localizedDescription)") })
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
  ) {
    // Nobody who asked for a secure connection is led to another.
    let isDowngrade = url.scheme == "https" && request.url?.scheme != "https"
    if isDowngrade { end("leads to an address without encryption") }
    completionHandler(isDowngrade ? nil : request)
  }

  private static func meaning(_ status: Int) -> String {
    switch status {
    case 401, 403: ": it may not be read without a password"
    case 404, 410: ": there is no such file"
    case 500...: ": try again later"
    default: ""
    }
  }
}
