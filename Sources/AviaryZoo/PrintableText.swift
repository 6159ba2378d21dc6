extension Unicode.Scalar {
  /// Steers a terminal, or turns the direction of what is printed after it (Unicode categories Cc and the
  /// explicit directional formats of UAX 9), instead of showing anything.
  var isControl: Bool {
    switch value {
    case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}

extension String {
  /// The text as a terminal may have it: what would steer it is written as `\u{1B}`. Line ends and tabs stay.
  ///
  /// Names in files that others made reach messages and tables; they must not move the cursor, colour what
  /// follows or pretend to be another line.
  package var printable: String {
    guard unicodeScalars.contains(where: { $0.isControl && $0 != "\n" && $0 != "\t" }) else { return self }
    var text = ""
    for scalar in unicodeScalars {
      if scalar.isControl, scalar != "\n", scalar != "\t" {
        text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
