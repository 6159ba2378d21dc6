import ArgumentParser
import Aviary
import AviaryCore
import AviaryServer
import AviaryStore
import Foundation

struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Answer pictures and tensors over HTTP, with a page for browsers.",
    discussion: """
      Listens on this machine only unless --host says otherwise; set a token then (--token-file or \
      AVIARY_TOKEN). Ends at SIGTERM or SIGINT after the running requests.

      EXAMPLES
        aviary serve
        aviary serve --port 9000 --models fer-cnn-bn,fer-resnet10 --detector haar
        aviary serve --host 0.0.0.0 --token-file /run/secrets/token --log-format json
        curl -F image=@photo.jpg http://127.0.0.1:8080/v1/predict
      """)

  @Option(help: ArgumentHelp("Address to listen on.", valueName: "address"))
  var host = "127.0.0.1"

  @Option(help: "Port to listen on; 0 takes a free one. Which one is printed.")
  var port = 8080

  @Option(
    name: [.customLong("models"), .customLong("model")],
    help: ArgumentHelp(
      """
      Ids of the zoo or paths, with commas; the first answers requests that name none. 'all' is the whole zoo.
      """, valueName: "list"))
  var models = "all"

  @OptionGroup(title: "Faces") var faces: FaceFlags
  @OptionGroup(title: "Safety") var safety: ServerSafetyFlags
  @OptionGroup(title: "Load") var load: ServerLoadFlags
  @OptionGroup var store: StoreFlags
  @OptionGroup(title: "Session options") var session: SessionFlags

  func validate() throws {
    guard (0...65535).contains(port) else { throw ValidationError("--port \(port): must be 0 to 65535") }
    guard !splitList(models).isEmpty else { throw ValidationError("--models is empty") }
  }

  func run() throws {
    session.announcePrecision()
    let plugins = try session.plugins.registry()
    var sessionOptions = try session.options
    sessionOptions.limits.runBytes = 4 << 30
    var options = ServerOptions()
    options.host = host
    options.port = port
    options.store = StoreLocation.path(explicit: store.store)
    options.maximumPixels = faces.maxPixels
    try safety.apply(to: &options)
    load.apply(to: &options)
    if options.token == nil, !Self.isLoopback(host) {
      Console.warning("\(host): anybody who reaches this port may use it; --token-file sets a token")
    }
    let server = InferenceServer(
      options: options,
      models: try ModelTable(
        splitList(models), options: sessionOptions, plugins: plugins, note: { Console.note($0) }),
      detectors: try DetectorTable(
        standard: faces.detector, options: faces.options, plugins: plugins, note: { Console.note($0) }),
      logger: safety.logger)
    let host = host
    try Self.wait {
      try await server.run { port in
        let name = host.contains(":") ? "[\(host)]" : host
        Console.printNow("listening on http://\(name):\(port)")
      }
    }
  }

  private static func isLoopback(_ host: String) -> Bool {
    host == "localhost" || host == "::1" || host.hasPrefix("127.")
  }

  /// Runs asynchronous work to its end on behalf of a command that is not.
  private static func wait(_ body: @escaping @Sendable () async throws -> Void) throws {
    let done = DispatchSemaphore(value: 0)
    let result = Guarded<Result<Void, any Error>>(.success(()))
    Task {
      do { try await body() } catch { result.withLock { $0 = .failure(error) } }
      done.signal()
    }
    done.wait()
    try result.withLock { $0 }.get()
  }
}
