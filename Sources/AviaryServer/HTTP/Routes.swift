import HTTPTypes
import Hummingbird

extension RouteTable {
  /// What the server answers.
  init(_ services: Services) {
    let models = ModelHandlers(services: services)
    let predict = PredictHandler(services: services)
    let v2 = V2Handlers(services: services)
    let noParameters: @Sendable (Call) throws -> Void = { call in
      _ = try Query(call.request.uri.query, known: [])
    }
    func get(
      _ path: String, isOpen: Bool = false, _ handle: @escaping @Sendable (Call) async throws -> Response
    ) -> Route {
      Route(.get, path, isOpen: isOpen) { call in
        try noParameters(call)
        return try await handle(call)
      }
    }
    let plain =
      Self.pages(get) + [
        get("/health/live", isOpen: true) { _ in Self.health(isReady: true) },
        get("/health/ready", isOpen: true) { _ in Self.health(isReady: !services.phase.isStopping) },
        get("/metrics") { _ in
          let text = services.metrics.text(
            waiting: services.admission.current, heldBytes: services.budget.bytes)
          return .bytes(Array(text.utf8), type: "text/plain; version=0.0.4; charset=utf-8")
        },
        Route(.post, "/v1/predict") { try await predict($0) },
        get("/v1/models") { _ in models.list() },
        get("/v1/models/{id}") { try models.describe($0) },
        get("/v1/detectors") { _ in models.detectors() },
        get("/v1/compare") { call in
          try await services.run(since: call.start) { try services.comparisons.response() }
        },
        get("/v2", isOpen: true) { _ in v2.server() },
        get("/v2/health/live", isOpen: true) { _ in v2.health("live", true) },
        get("/v2/health/ready", isOpen: true) { _ in v2.health("ready", !services.phase.isStopping) },
      ]
    var versioned: [Route] = []
    for model in ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"] {
      versioned += [
        get(model) { try v2.metadata($0) },
        get("\(model)/ready") { try v2.ready($0) },
        Route(.post, "\(model)/infer") { try await v2.infer($0) },
      ]
    }
    // Behind all names of one part that are there already.
    let file = Route(.get, "/{file}", isOpen: true, exists: { PageFiles.others[$0["file"] ?? ""] != nil }) {
      call in
      try PageFiles.response(call.parameters["file"] ?? "")
    }
    self.init(routes: plain + versioned + [file])
  }

  private static func pages(
    _ get: (String, Bool, @escaping @Sendable (Call) async throws -> Response) -> Route
  ) -> [Route] {
    [
      ("/", PageFiles.page, "text/html; charset=utf-8"),
      ("/docs", PageFiles.documentation, "text/html; charset=utf-8"),
      ("/openapi.json", PackageResources.openapi_json, "application/json"),
    ].map { path, bytes, type in get(path, true) { _ in .bytes(bytes, type: type) } }
  }

  private static func health(isReady: Bool) -> Response {
    var json = JSONWriter()
    json.object { $0.member("status", isReady ? "ok" : "stopping") }
    return .json(json, status: isReady ? .ok : .serviceUnavailable)
  }
}
