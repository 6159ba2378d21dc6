import Foundation
import HTTPTypes
import Hummingbird

/// An address that the server answers. What stands in braces is variable, as in the OpenAPI document.
struct Route: Sendable {
  let method: HTTPRequest.Method
  let path: String
  /// Whether it is answered without the token.
  let isOpen: Bool
  /// Whether there is anything at these values of the variable parts; what says no is no route.
  let exists: (@Sendable ([String: String]) -> Bool)?
  let handle: @Sendable (Call) async throws -> Response

  fileprivate let segments: [Substring]

  init(
    _ method: HTTPRequest.Method, _ path: String, isOpen: Bool = false,
    exists: (@Sendable ([String: String]) -> Bool)? = nil,
    _ handle: @escaping @Sendable (Call) async throws -> Response
  ) {
    self.method = method
    self.path = path
    self.isOpen = isOpen
    self.exists = exists
    self.handle = handle
    segments = path.split(separator: "/")
  }

  /// The variable parts, decoded, where the route fits.
  fileprivate func match(_ parts: [Substring]) -> [String: String]? {
    guard parts.count == segments.count else { return nil }
    var parameters: [String: String] = [:]
    for (segment, part) in zip(segments, parts) {
      if segment.first == "{" {
        guard let value = part.removingPercentEncoding else { return nil }
        parameters[String(segment.dropFirst().dropLast())] = value
      } else if segment != part {
        return nil
      }
    }
    return exists?(parameters) ?? true ? parameters : nil
  }
}

/// All routes: the one list of them, which a test holds against the OpenAPI document.
struct RouteTable: Sendable {
  let routes: [Route]

  enum Match {
    case found(Route, [String: String])
    /// The path is there, but not for this method.
    case otherMethods([HTTPRequest.Method])
    case none
  }

  func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
    // Two slashes or one at the end make another path, which is not there.
    let isPlain = path == "/" || (!path.hasSuffix("/") && !path.contains("//"))
    guard isPlain, path.hasPrefix("/") else { return .none }
    let parts = path.split(separator: "/")
    var others: [HTTPRequest.Method] = []
    for route in routes {
      guard let parameters = route.match(parts) else { continue }
      // What can be got can be asked for without its body.
      if route.method == method || (method == .head && route.method == .get) {
        return .found(route, parameters)
      }
      others.append(route.method)
      if route.method == .get { others.append(.head) }
    }
    return others.isEmpty ? .none : .otherMethods(others)
  }
}
