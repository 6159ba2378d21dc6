import Aviary
import Hummingbird

/// `POST /v1/predict`.
struct PredictHandler: Sendable {
  let services: Services

  func callAsFunction(_ call: Call) async throws -> Response {
    // Said before megabytes are sent, where it is known already.
    if services.admission.isFull { throw refusal(closes: true) }
    let request = try await PredictRequest.read(call.request, services.reader)
    let models = try services.models.classifiers(request.models)
    let analyzer = try services.detectors.analyzer(request.detector)
    let ticket: Admission.Ticket
    do throws(HTTPFailure) { ticket = try services.admission.admit() } catch {
      throw refusal(closes: false)
    }
    defer { withExtendedLifetime(ticket) {} }
    let job = PredictJob(
      request, models: models, analyzer: analyzer, decoding: services.decoding, pool: services.pool,
      metrics: services.metrics)
    job.start()
    var answer = try await services.waiting(for: job.completion, since: call.start)
    answer.total = (ContinuousClock.now - call.start).milliseconds
    return .json(answer.json)
  }

  private func refusal(closes: Bool) -> HTTPFailure {
    services.metrics.refused()
    var failure = services.admission.full
    failure.closes = closes
    return failure
  }
}

extension HTTPFailure {
  /// What an error on the way to an answer means to a client.
  init(_ error: any Error) {
    switch error {
    case let failure as HTTPFailure: self = failure
    case let error as ImageError: self.init(error.reason, "the picture ")
    case let reason as ImageError.Reason: self.init(reason, "the picture ")
    case let error as DetectionError: self.init(.internalServerError, error.description)
    case let error as RunError: self.init(error)
    case let error as TensorError: self = .badRequest(error.description)
    default: self.init(.internalServerError, "something went wrong in the server; its log says what")
    }
  }

  private init(_ reason: ImageError.Reason, _ subject: String) {
    let status: HTTPResponse.Status =
      switch reason {
      case .unknownFormat, .unsupported: .unsupportedMediaType
      case .tooManyPixels, .tooManyBytes: .contentTooLarge
      case .empty: .badRequest
      default: .unprocessableContent
      }
    self.init(status, subject + reason.explanation)
  }

  private init(_ error: RunError) {
    let status: HTTPResponse.Status =
      switch error.kind {
      case .invalidInput, .invalid: .badRequest
      case .resource: .contentTooLarge
      case .unsupported: .badRequest
      case .cancelled: .serviceUnavailable
      }
    self.init(status, error.message)
  }
}
