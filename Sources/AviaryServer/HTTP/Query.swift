import Foundation

/// The parameters of an address's query. Names that nobody knows are refused: a misspelt one must not look
/// as if it had worked.
struct Query: Equatable {
  let values: [String: String]

  /// - Parameter known: the names that there are.
  /// - Throws: `HTTPFailure` 400.
  init(_ text: String?, known: [String]) throws(HTTPFailure) {
    var values: [String: String] = [:]
    for pair in (text ?? "").split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let decoded = parts.map { $0.replacingOccurrences(of: "+", with: " ").removingPercentEncoding }
      guard let name = decoded[0], let value = decoded.count > 1 ? decoded[1] : "" else {
        throw .badRequest("the query is not valid: '\(pair.prefix(80))'")
      }
      guard known.contains(name) else { throw Self.unknown(name, known: known) }
      guard values.updateValue(value, forKey: name) == nil else {
        throw .badRequest("the parameter '\(name)' is there twice")
      }
    }
    self.values = values
  }

  static func unknown(_ name: String, known: [String]) -> HTTPFailure {
    .badRequest(
      "there is no parameter '\(name.prefix(80))'"
        + (known.isEmpty ? "" : "; there are \(known.joined(separator: ", "))"))
  }
}
