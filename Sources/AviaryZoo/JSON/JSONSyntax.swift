import Foundation

/// What is wrong with a text that should be JSON, for people.
package enum JSONSyntax {
  /// `is not valid JSON: line 3, column 7 is not as JSON has it`; `nil` where the parser finds nothing wrong.
  package static func problem(_ data: Data) -> String? {
    guard !data.allSatisfy({ $0 == 0x20 || (0x09...0x0D).contains($0) }) else { return "is empty, not JSON" }
    do {
      _ = try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
      return nil
    } catch {
      // The one place where Foundation says more than that something is wrong.
      let detail = (error as NSError).userInfo["NSDebugDescription"] as? String ?? ""
      if detail.contains("end of file") { return "is not valid JSON: it ends too early; is a bracket not closed?" }
      guard let offset = offset(in: detail), offset < data.count else { return "is not valid JSON" }
      let (line, column) = place(of: offset, in: data)
      return "is not valid JSON: something is wrong at line \(line), column \(column)"
    }
  }

  /// The offset in bytes that the parser names.
  private static func offset(in detail: String) -> Int? {
    let words = detail.split { !($0.isLetter || $0.isNumber) }
    guard let name = words.firstIndex(of: "character"), words.indices.contains(name + 1) else { return nil }
    return Int(words[name + 1])
  }

  /// Both counted from 1; a column is a character.
  private static func place(of offset: Int, in data: Data) -> (line: Int, column: Int) {
    let before = data.prefix(offset)
    let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? before.startIndex
    let line = before.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
    return (line, String(decoding: before[start...], as: UTF8.self).count + 1)
  }
}
