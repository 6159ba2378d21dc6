import AviaryCore
import CRegex

/// A compiled regular expression.
///
/// Why `@unchecked Sendable` holds: nothing writes the pattern after it is made, and RE2 says that matching may
/// run on several threads.
final class Regex: @unchecked Sendable {
  private let handle: OpaquePointer

  /// - Throws: `ImportError` (`invalidAttribute`) for a pattern that RE2 does not know.
  init(_ pattern: String, attribute: String, longest: Bool = false) throws(ImportError) {
    var message = [CChar](repeating: 0, count: 256)
    let capacity = message.count
    let length = pattern.utf8.count
    guard let handle = aviary_regex_create(pattern, length, longest ? 1 : 0, &message, capacity) else {
      let reason = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw ImportError(.invalidAttribute, "attribute '\(attribute)' is no regular expression: \(reason)")
    }
    self.handle = handle
  }

  deinit { aviary_regex_destroy(handle) }

  func matches(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { chars in
        aviary_regex_full_match(handle, chars.baseAddress, chars.count) == 1
      }
    }
  }

  /// The parts of a text that match, and what lies between them, by byte. Empty matches are passed over.
  func parts(of bytes: [UInt8]) -> (matches: [Range<Int>], between: [Range<Int>]) {
    var (matches, between): ([Range<Int>], [Range<Int>]) = ([], [])
    var (start, last) = (0, 0)
    bytes.withUnsafeBytes { raw in
      let chars = raw.bindMemory(to: CChar.self).baseAddress
      var (begin, end) = (0, 0)
      while start < bytes.count, aviary_regex_find(handle, chars, bytes.count, start, &begin, &end) == 1 {
        if end > begin {
          matches.append(begin..<end)
          between.append(last..<begin)
          last = end
        }
        start = max(end, start + 1)
      }
    }
    between.append(last..<bytes.count)
    return (matches, between)
  }
}
