/// The value of a `Content-Type` or `Content-Disposition` header: a name and parameters (RFC 9110, 8.3.1;
/// RFC 7578, 4.2).
struct HeaderValue: Equatable {
  /// In lower case.
  let name: String
  /// By names in lower case; the first of equal names.
  let parameters: [String: String]

  /// - Returns: `nil` for what is not such a value.
  init?(_ text: String) {
    let bytes = Array(text.utf8)
    var position = 0
    func skipSpace() {
      while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
    }
    func token(until stops: [UInt8]) -> String {
      let start = position
      while position < bytes.count, !stops.contains(bytes[position]) { position += 1 }
      var end = position
      while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
      return String(decoding: bytes[start..<end], as: UTF8.self)
    }
    let (semicolon, equals, quote, backslash) = (UInt8(0x3B), UInt8(0x3D), UInt8(0x22), UInt8(0x5C))
    skipSpace()
    let name = token(until: [semicolon])
    guard !name.isEmpty else { return nil }
    var parameters: [String: String] = [:]
    while position < bytes.count {
      position += 1
      skipSpace()
      // A semicolon at the end is not worth a refusal.
      if position == bytes.count { break }
      let key = token(until: [equals, semicolon]).lowercased()
      guard !key.isEmpty, position < bytes.count, bytes[position] == equals else { return nil }
      position += 1
      skipSpace()
      var value = ""
      if position < bytes.count, bytes[position] == quote {
        position += 1
        var units: [UInt8] = []
        while position < bytes.count, bytes[position] != quote {
          if bytes[position] == backslash, position + 1 < bytes.count { position += 1 }
          units.append(bytes[position])
          position += 1
        }
        guard position < bytes.count else { return nil }
        position += 1
        value = String(decoding: units, as: UTF8.self)
        skipSpace()
        guard position == bytes.count || bytes[position] == semicolon else { return nil }
      } else {
        value = token(until: [semicolon])
      }
      if parameters[key] == nil { parameters[key] = value }
    }
    self.name = name.lowercased()
    self.parameters = parameters
  }
}
