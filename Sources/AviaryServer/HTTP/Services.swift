import Aviary
import Hummingbird
import Logging

/// What all handlers share.
struct Services: Sendable {
  let options: ServerOptions
  let models: ModelTable
  let detectors: DetectorTable
  let pool: WorkerPool
  let admission: Admission
  let budget: BodyBudget
  let metrics: ServerMetrics
  let deadlines: Deadlines
  let phase: Phase
  let comparisons: ComparisonList

  var reader: BodyReader { BodyReader(maximumBytes: options.maximumUploadBytes, budget: budget) }

  var decoding: DecodeOptions {
    var decoding = DecodeOptions()
    decoding.maxPixels = options.maximumPixels
    decoding.maxBytes = options.maximumUploadBytes
    return decoding
  }

  /// Waits for an answer, but not longer than a request may take.
  ///
  /// - Throws: what the answer is, or `HTTPFailure` 504.
  func waiting<T: Sendable>(
    for completion: Completion<T>, since start: ContinuousClock.Instant
  ) async throws -> T {
    let limit = options.requestTimeout
    let number = deadlines.add(start + limit) { completion.resolve(.failure(HTTPFailure.timeout(limit))) }
    defer { deadlines.remove(number) }
    return try await completion.value()
  }

  /// Runs something on the pool, as a request that waits its turn and may take so long.
  func run<T: Sendable>(
    since start: ContinuousClock.Instant, _ body: @escaping @Sendable () throws -> T
  ) async throws -> T {
    let ticket: Admission.Ticket
    do throws(HTTPFailure) { ticket = try admission.admit() } catch {
      metrics.refused()
      throw error
    }
    defer { withExtendedLifetime(ticket) {} }
    let completion = Completion<T>()
    pool.submit { if !completion.isResolved { completion.resolve(Result { try body() }) } }
    return try await waiting(for: completion, since: start)
  }
}

/// One request on its way.
struct Call: Sendable {
  let request: Request
  /// The variable parts of the path, decoded.
  let parameters: [String: String]
  let start: ContinuousClock.Instant
  let logger: Logger
}
