import HTTPTypes
import Hummingbird

/// What a request is answered with where it cannot be served: a status, and `{"error": message}`.
struct HTTPFailure: Error, Sendable, CustomStringConvertible {
  let status: HTTPResponse.Status
  let message: String
  var headers = HTTPFields()
  /// Whether the connection ends with the answer: where the rest of a body is not worth reading.
  var closes = false

  init(_ status: HTTPResponse.Status, _ message: String, closes: Bool = false) {
    self.status = status
    self.message = message
    self.closes = closes
  }

  static func badRequest(_ message: String) -> HTTPFailure { HTTPFailure(.badRequest, message) }

  /// The server has more to do than it may queue.
  static func busy(_ message: String, closes: Bool = false) -> HTTPFailure {
    var failure = HTTPFailure(.serviceUnavailable, message, closes: closes)
    failure.headers[.retryAfter] = "1"
    return failure
  }

  static func timeout(_ limit: Duration) -> HTTPFailure {
    HTTPFailure(
      .gatewayTimeout,
      "the answer would have taken longer than the \(limit.seconds) seconds that a request may")
  }

  var description: String { "\(status.code) \(message)" }

  var response: Response {
    var json = JSONWriter()
    json.object { $0.member("error", message) }
    var response = Response.json(json, status: status)
    for field in headers { response.headers.append(field) }
    if closes { response.headers[.connection] = "close" }
    return response
  }
}

extension Response {
  /// An answer in JSON.
  static func json(_ json: JSONWriter, status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: "application/json; charset=utf-8"],
      body: .init(byteBuffer: json.buffer))
  }

  static func bytes(_ bytes: [UInt8], type: String) -> Response {
    Response(status: .ok, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
  }
}

extension Duration {
  /// In seconds, as a number.
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
  var milliseconds: Double { seconds * 1000 }
}
