import Aviary
import Foundation
import Logging
import TestSupport
import Testing

@testable import AviaryServer

/// A server on the zoo's small model; its threads do nothing until a test asks.
enum TestServer {
  static func make(_ change: (inout ServerOptions) -> Void = { _ in }) throws -> InferenceServer {
    var options = ServerOptions()
    change(&options)
    let plugins = try BuiltinPlugins.registry()
    var session = SessionOptions()
    session.registry = plugins.operators
    let zoo = Locations.root.appendingPathComponent("Zoo")
    return InferenceServer(
      options: options,
      models: try ModelTable(
        [zoo.appendingPathComponent("fer-cnn-plain").path], options: session, plugins: plugins),
      detectors: try DetectorTable(standard: "none", plugins: plugins), logger: Logger(label: "test"))
  }
}

@Suite struct RouteTests {
  private struct Document: Decodable {
    struct Operation: Decodable { let operationId: String }
    let paths: [String: [String: Operation]]
  }

  /// The document and the table name the same addresses, methods and variables.
  @Test func documentAndRoutesAgree() throws {
    let server = try TestServer.make()
    defer { server.services.pool.stop() }
    let document = try JSONDecoder().decode(
      Document.self, from: Data(contentsOf: Locations.root.appendingPathComponent("Schemas/openapi.json")))
    let documented = Set(
      document.paths.flatMap { path, operations in operations.keys.map { "\($0) \(path)" } })
    let served = Set(
      RouteTable(server.services).routes.map { "\($0.method.rawValue.lowercased()) \($0.path)" })
    #expect(documented == served)
    let ids = document.paths.values.flatMap { $0.values.map(\.operationId) }
    #expect(Set(ids).count == ids.count)
  }

  /// What lies in the page's folder is served, all of it and under its own name.
  @Test func everyFileOfThePageIsServed() throws {
    let folder = Locations.root.appendingPathComponent("Sources/AviaryServer/Page")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(Set(files) == Set(PageFiles.others.keys).union(["index.html", "docs.html"]))
    for (name, bytes) in PageFiles.others {
      #expect(try Data(bytes) == Data(contentsOf: folder.appendingPathComponent(name)))
    }
    #expect(throws: HTTPFailure.self) { try PageFiles.response("index.html") }
    #expect(throws: HTTPFailure.self) { try PageFiles.response("../page.js") }
  }

  @Test func matching() {
    let table = RouteTable(routes: [
      Route(.get, "/") { _ in .init(status: .ok) }, Route(.get, "/a/{id}") { _ in .init(status: .ok) },
      Route(.post, "/a/{id}/b") { _ in .init(status: .ok) },
    ])
    func describe(_ match: RouteTable.Match) -> String {
      switch match {
      case .found(let route, let parameters): "\(route.path) \(parameters["id"] ?? "")"
      case .otherMethods(let methods): methods.map(\.rawValue).joined(separator: " ")
      case .none: "none"
      }
    }
    #expect(describe(table.match(.get, "/")) == "/ ")
    #expect(describe(table.match(.head, "/a/x%20y")) == "/a/{id} x y")
    #expect(describe(table.match(.get, "/a/..%2F..%2Fetc")) == "/a/{id} ../../etc")
    #expect(describe(table.match(.post, "/a/x")) == "GET HEAD")
    #expect(describe(table.match(.get, "/a/x/b")) == "POST")
    for path in ["", "a", "/a", "/a/", "//", "/a//b", "/a/x/", "/a/%zz"] {
      #expect(describe(table.match(.get, path)) == "none", "\(path)")
    }
  }

  /// An id is looked up, never opened: what is a path of this machine is no model.
  @Test func pathsAreNoModels() throws {
    let server = try TestServer.make()
    defer { server.services.pool.stop() }
    let path = Locations.root.appendingPathComponent("Zoo/fer-cnn-bn").path
    for name in [path, "../fer-cnn-bn", "fer-cnn-bn", "", "/etc/passwd"] {
      #expect(throws: HTTPFailure.self) { try server.services.models.model(name) }
      #expect(throws: HTTPFailure.self) { try server.services.models.classifiers([name]) }
      #expect(throws: HTTPFailure.self) { try server.services.detectors.analyzer("none:\(name)") }
    }
    #expect(try server.services.models.classifiers(nil).map(\.id) == ["fer-cnn-plain"])
  }
}
