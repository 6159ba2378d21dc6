import HTTPTypes

/// The secret that requests must show (RFC 6750).
struct BearerToken: Sendable {
  private let token: [UInt8]

  init(_ token: String) { self.token = Array(token.utf8) }

  /// Whether an `Authorization` header shows it. How long that takes tells nothing of where they differ.
  func admits(_ authorization: String?) -> Bool {
    guard let authorization else { return false }
    let parts = authorization.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return false }
    let shown = Array(parts[1].utf8)
    var difference = shown.count ^ token.count
    for index in shown.indices {
      difference |= Int(shown[index] ^ (token.isEmpty ? 0 : token[index % token.count]))
    }
    return difference == 0 && !token.isEmpty
  }

  static let refusal: HTTPFailure = {
    var failure = HTTPFailure(
      .unauthorized, "this server needs a token: send 'Authorization: Bearer TOKEN'", closes: true)
    failure.headers[.wwwAuthenticate] = "Bearer"
    return failure
  }()
}
