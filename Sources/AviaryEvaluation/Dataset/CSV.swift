/// Comma-separated values (RFC 4180) whose fields hold no line ends.
public enum CSV {
  /// The fields of a line, blanks around them removed; `nil` where a quote is not closed.
  public static func fields(_ line: [UInt8]) -> [ArraySlice<UInt8>]? {
    guard line.contains(UInt8(ascii: "\"")) else {
      return line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map(trimmed)
    }
    var fields: [ArraySlice<UInt8>] = []
    var field: [UInt8] = []
    var quoted = false
    var index = 0
    while index < line.count {
      let byte = line[index]
      if byte == UInt8(ascii: "\"") {
        // Two quotes inside quotes stand for one.
        if quoted, index + 1 < line.count, line[index + 1] == byte {
          field.append(byte)
          index += 1
        } else {
          quoted.toggle()
        }
      } else if byte == UInt8(ascii: ","), !quoted {
        fields.append(trimmed(field[...]))
        field = []
      } else {
        field.append(byte)
      }
      index += 1
    }
    guard !quoted else { return nil }
    return fields + [trimmed(field[...])]
  }

  /// The fields as text.
  public static func texts(_ line: [UInt8]) -> [String]? {
    fields(line)?.map { String(decoding: $0, as: UTF8.self) }
  }

  private static func trimmed(_ field: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var field = field.drop { $0 == 32 || $0 == 9 }
    while let last = field.last, last == 32 || last == 9 { field.removeLast() }
    return field
  }
}
