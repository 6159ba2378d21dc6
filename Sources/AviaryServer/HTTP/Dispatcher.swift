import AviaryStore
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// What Hummingbird gives a request.
struct ServerContext: RequestContext {
  var coreContext: CoreRequestContextStorage

  init(source: ApplicationRequestContextSource) { coreContext = .init(source: source) }
}

/// Brings a request to its route and its answer to the client: token, errors, counters, one line of log.
struct Dispatcher: HTTPResponder {
  typealias Context = ServerContext

  let table: RouteTable
  let token: BearerToken?
  let phase: Phase
  let metrics: ServerMetrics

  func respond(to request: Request, context: ServerContext) async throws -> Response {
    let start = ContinuousClock.now
    let match = table.match(request.method, request.uri.path)
    var route = "other"
    var response: Response
    do {
      switch match {
      case .found(let found, let parameters):
        route = found.path
        if let token, !found.isOpen, !token.admits(request.headers[.authorization]) {
          throw BearerToken.refusal
        }
        let call = Call(request: request, parameters: parameters, start: start, logger: context.logger)
        response = try await found.handle(call)
      case .otherMethods(let methods):
        throw Self.wrongMethod(request.method, methods)
      case .none:
        throw HTTPFailure(
          .notFound, "there is nothing at '\(request.uri.path.prefix(200))'; see /docs",
          closes: hasBody(request))
      }
    } catch {
      let failure = HTTPFailure(error)
      if failure.status.kind == .serverError, !(error is HTTPFailure) {
        context.logger.error("request failed", metadata: ["route": "\(route)", "error": "\(error)"])
      }
      response = failure.response
    }
    SecurityHeaders.add(to: &response.headers)
    if phase.isStopping { response.headers[.connection] = "close" }
    if request.method == .head { response = response.createHeadResponse() }
    report(request, route, response, ContinuousClock.now - start, context.logger)
    return response
  }

  /// Whether bytes follow that nobody will read.
  private func hasBody(_ request: Request) -> Bool {
    request.headers[.transferEncoding] != nil || (request.headers[.contentLength] ?? "0") != "0"
  }

  private static func wrongMethod(
    _ method: HTTPRequest.Method, _ methods: [HTTPRequest.Method]
  ) -> HTTPFailure {
    let list = methods.map(\.rawValue).joined(separator: ", ")
    var failure = HTTPFailure(
      .methodNotAllowed, "\(method.rawValue.prefix(20)) is not for this address; it takes \(list)",
      closes: true)
    failure.headers[.allow] = list
    return failure
  }

  private func report(
    _ request: Request, _ route: String, _ response: Response, _ time: Duration, _ logger: Logger
  ) {
    let received = request.headers[.contentLength].flatMap { Int($0) } ?? 0
    // Methods are a client's free choice; only those of the table become a label.
    let known = ["GET", "HEAD", "POST"].contains(request.method.rawValue)
    let method = known ? request.method.rawValue : "other"
    metrics.answered(
      route: route, method: method, status: response.status.code, seconds: time.seconds, received: received)
    logger.info(
      "request",
      metadata: [
        "method": "\(method)", "route": "\(route)", "status": "\(response.status.code)",
        "ms": "\((time.milliseconds * 1000).rounded() / 1000)", "received": "\(received)",
        "sent": "\(response.body.contentLength ?? 0)",
      ])
  }
}
