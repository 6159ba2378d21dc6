import Hummingbird
import NIOCore
import NIOHTTP1

/// Reads bodies within the limits.
struct BodyReader: Sendable {
  let maximumBytes: Int
  let budget: BodyBudget

  /// A body and the room that it takes while it is needed.
  struct Body: Sendable {
    var bytes: ByteBuffer
    let share: BodyBudget.Share
  }

  /// The whole body.
  ///
  /// - Throws: `HTTPFailure` (400, 408, 413, 503).
  func read(_ request: Request) async throws(HTTPFailure) -> Body {
    var body = ByteBuffer()
    let share = try await read(request) { chunk in
      if body.readableBytes == 0 { body = chunk } else { body.writeImmutableBuffer(chunk) }
    }
    return Body(bytes: body, share: share)
  }

  /// Calls `take` with the body's pieces in order.
  func read(
    _ request: Request, _ take: (ByteBuffer) throws -> Void
  ) async throws(HTTPFailure) -> BodyBudget.Share {
    if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
      throw HTTPFailure(
        .unsupportedMediaType,
        "Content-Encoding '\(encoding.prefix(40))' is not read; send the body as it is",
        closes: true)
    }
    if let text = request.headers[.contentLength], let length = Int(text), length > maximumBytes {
      throw tooLarge
    }
    let share = budget.share()
    var count = 0
    do {
      for try await chunk in request.body {
        count += chunk.readableBytes
        guard count <= maximumBytes else { throw tooLarge }
        try share.take(chunk.readableBytes)
        try take(chunk)
      }
    } catch let failure as HTTPFailure {
      throw failure
    } catch let error as MultipartError {
      throw HTTPFailure(.badRequest, error.description, closes: true)
    } catch is SlowBody {
      throw HTTPFailure(.requestTimeout, "the body came too slowly", closes: true)
    } catch {
      throw HTTPFailure(.badRequest, "the body is not complete or not valid HTTP", closes: true)
    }
    return share
  }

  private var tooLarge: HTTPFailure {
    HTTPFailure(
      .contentTooLarge, "the body is longer than the limit of \(maximumBytes) bytes; send a smaller picture",
      closes: true)
  }
}
