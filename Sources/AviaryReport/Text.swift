import Foundation

/// Numbers as text, the same in every locale.
enum NumberText {
  static func fixed(_ value: Double, digits: Int) -> String {
    value.isNaN ? "–" : String(format: "%.*f", min(max(digits, 0), 17), value)
  }

  /// Two digits that count, small numbers as powers of ten.
  static func significant(_ value: Double) -> String {
    value.isNaN ? "–" : String(format: "%.2g", value)
  }

  /// The fewest digits that give the same number back, without ".0" after whole numbers.
  static func shortest(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// With commas between thousands: 7,178.
  static func grouped(_ value: Int) -> String {
    let digits = String(value.magnitude)
    var result = value < 0 ? "-" : ""
    for (i, digit) in digits.enumerated() {
      if i > 0, (digits.count - i).isMultiple(of: 3) { result.append(",") }
      result.append(digit)
    }
    return result
  }

  /// At most four characters: 958, 7.2k, 72k, 1.3M.
  static func compact(_ value: Int) -> String {
    var scaled = Double(value)
    for unit in ["", "k", "M", "G", "T", "P", "E"] {
      if scaled < 999.5 {
        return fixed(scaled, digits: unit.isEmpty || scaled >= 9.95 ? 0 : 1) + unit
      }
      scaled /= 1000
    }
    return fixed(scaled, digits: 0)
  }

  /// A share of one as percent.
  static func percent(_ share: Double, digits: Int) -> String { fixed(share * 100, digits: digits) + "%" }
}

/// Text on terminals.
enum DisplayText {
  /// Control characters, line breaks and direction overrides become visible substitutes.
  static func singleLine(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x0A, 0x0D, 0x09: result.append(" ")
      case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069: result.append("\u{FFFD}")
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  /// Columns a terminal needs: two for wide East Asian characters and pictures, one for others.
  static func width(_ text: String) -> Int { text.reduce(0) { $0 + width($1) } }

  static func width(_ character: Character) -> Int {
    guard let scalar = character.unicodeScalars.first else { return 0 }
    if scalar.properties.isEmojiPresentation { return 2 }
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }

  static func trimmingEnd(_ text: String) -> String {
    var end = text.endIndex
    while end > text.startIndex, text[text.index(before: end)] == " " { end = text.index(before: end) }
    return String(text[..<end])
  }
}
