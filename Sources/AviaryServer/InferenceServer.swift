import Aviary
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// The HTTP server: models and detectors behind `/v1`, `/v2` and a page.
package struct InferenceServer: Sendable {
  let options: ServerOptions
  let services: Services
  let logger: Logger

  package init(options: ServerOptions, models: ModelTable, detectors: DetectorTable, logger: Logger) {
    self.options = options
    self.logger = logger
    let metrics = ServerMetrics()
    services = Services(
      options: options, models: models, detectors: detectors,
      pool: WorkerPool(
        threads: options.concurrency > 0 ? options.concurrency : System.coreCount, models: models.models,
        maximumBatch: options.maximumBatch, delay: options.batchDelay, metrics: metrics),
      admission: Admission(limit: options.queue), budget: BodyBudget(limit: options.bodyBytes),
      metrics: metrics, deadlines: Deadlines(), phase: Phase(),
      comparisons: ComparisonList(path: options.store))
  }

  var dispatcher: Dispatcher {
    Dispatcher(
      table: RouteTable(services), token: options.token.map { BearerToken($0) }, phase: services.phase,
      metrics: services.metrics)
  }

  /// Serves until the process is told to end (SIGTERM, SIGINT); then no new connection is taken, running
  /// requests are answered, and this returns.
  ///
  /// - Parameter onListening: is called with the port once connections are taken.
  package func run(onListening: @escaping @Sendable (Int) -> Void = { _ in }) async throws {
    let bodyTime = TimeAmount.nanoseconds(Int64(options.requestTimeout.seconds * 1e9))
    let maximumBytes = options.maximumUploadBytes
    let connection = HTTP1Channel.Configuration(
      additionalChannelHandlers: [ConnectionGuard(bodyTime: bodyTime, maximumBytes: maximumBytes)],
      idleTimeout: .nanoseconds(Int64(options.idleTimeout.seconds * 1e9)),
      httpDecoderConfiguration: .init(
        maxHeaderFieldSize: 8 << 10, maxHeaderListSize: 16 << 10, maxHeaderFieldCount: 100))
    let application = Application(
      responder: dispatcher, server: .http1(configuration: connection),
      configuration: .init(
        address: .hostname(options.host, port: options.port), serverName: "aviary",
        availableConnectionsDelegate: .maximum(options.maximumConnections, logger: logger)),
      onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) }, logger: logger)
    var configuration = ServiceGroupConfiguration(
      services: [
        .init(service: services.deadlines), .init(service: application),
        .init(service: PhaseWatcher(phase: services.phase)),
      ], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    // Whoever is still sending then has had the time that a request may take.
    configuration.maximumGracefulShutdownDuration = options.requestTimeout + .seconds(5)
    try await ServiceGroup(configuration: configuration).run()
    services.pool.stop()
  }
}

/// Notes the beginning of the shutdown: readiness ends, and answers end their connections.
private struct PhaseWatcher: Service {
  let phase: Phase

  func run() async throws {
    try await withGracefulShutdownHandler {
      try await gracefulShutdown()
    } onGracefulShutdown: {
      phase.stop()
    }
  }
}
