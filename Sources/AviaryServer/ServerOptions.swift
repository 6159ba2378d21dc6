import Aviary

/// How a server is run. The defaults are those of `aviary serve`.
package struct ServerOptions: Sendable {
  package var host = "127.0.0.1"
  /// 0 takes any port that is free.
  package var port = 8080
  /// What requests must show as a bearer token; `nil`: nothing.
  package var token: String?
  package var maximumUploadBytes = 16 << 20
  /// Of a picture, before it is decoded.
  package var maximumPixels = 100_000_000
  /// From the head of a request to its answer; a body must be there within it.
  package var requestTimeout = Duration.seconds(30)
  /// How long a connection may stay open without a request.
  package var idleTimeout = Duration.seconds(30)
  /// Requests that wait or are worked on at once.
  package var queue = 256
  /// Threads that work; 0: one a core.
  package var concurrency = 0
  package var maximumConnections = 1024
  /// Faces in one run of a model at most; 1: no batching.
  package var maximumBatch = 16
  /// How long a face waits for others to share a run with while there is other work.
  package var batchDelay = Duration.milliseconds(2)
  /// Where runs are stored, for `/v1/compare`; `nil`: nowhere.
  package var store: String?

  package init() {}

  /// Bytes of bodies in memory at once: room for many usual photos, or a few of the largest.
  var bodyBytes: Int { max(256 << 20, 4 * maximumUploadBytes) }
}
