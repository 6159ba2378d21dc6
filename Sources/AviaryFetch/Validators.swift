/// What an answer says of the version that it gives (RFC 9110, sections 8.8 and 13.1.5).
struct Validators {
  /// `ETag`.
  let tag: String?
  /// `Last-Modified`.
  let modified: String?
  /// `Date`.
  let answered: String?

  /// What `If-Range` may carry: a strong tag, or the date of the last change. A file that changed in the second in
  /// which it was given may change again without another date.
  var version: String? {
    if let tag, Self.isTag(tag) { return tag }
    return modified == answered ? nil : modified
  }

  /// Whether the answer is of another version than that. What it does not say contradicts nothing.
  func contradict(_ version: String) -> Bool {
    let own = Self.isTag(version) ? tag : modified
    return own.map { $0 != version } ?? false
  }

  private static func isTag(_ text: String) -> Bool { text.hasPrefix("\"") }
}
