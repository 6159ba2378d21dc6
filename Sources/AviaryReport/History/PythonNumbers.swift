import AviaryZoo
import Foundation

/// `NaN`, `Infinity` and `-Infinity`: Python writes them into JSON, which has no such numbers.
enum PythonNumbers {
  private static let words = ["NaN", "-Infinity", "Infinity"].map { Array($0.utf8) }

  /// The text with these words in quotes, so that a reader of JSON takes it. What stands in strings stays.
  static func quoted(in data: Data) -> Data {
    let bytes = Array(data)
    let quote = UInt8(ascii: "\""), escape = UInt8(ascii: "\\")
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var isInString = false
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if isInString, byte == escape, index + 1 < bytes.count {
        result += [byte, bytes[index + 1]]
        index += 2
        continue
      }
      if byte == quote { isInString.toggle() }
      if !isInString, let word = words.first(where: { bytes[index...].starts(with: $0) }) {
        result += [quote] + word + [quote]
        index += word.count
        continue
      }
      result.append(byte)
      index += 1
    }
    return Data(result)
  }

  /// What text says: not a number, or one beyond all.
  static func value(_ text: String) -> Double? {
    switch text.lowercased() {
    case "nan": .nan
    case "infinity", "inf", "+infinity", "+inf": .infinity
    case "-infinity", "-inf": -.infinity
    default: nil
    }
  }
}

extension JSONValue {
  /// A number, or what Python writes where a number has been lost.
  var measurement: Double? { number ?? string.flatMap(PythonNumbers.value) }
}
