/// Estimates of how wide text is drawn. The font is DejaVu Sans or a narrower substitute.
enum TextFit {
  /// Pixels of a text at a font size.
  static func width(_ text: String, size: Double, bold: Bool = false) -> Double {
    text.reduce(0) { $0 + advance($1) } * size * (bold ? 1.1 : 1)
  }

  /// The width of a character as a share of the font size.
  private static func advance(_ character: Character) -> Double {
    switch character {
    case "i", "j", "l", "I", "'", "|", ".", ",", ":", ";", " ", "!", "/": 0.35
    case "f", "t", "r", "(", ")", "[", "]", "-": 0.42
    case "m", "w", "M", "W", "@", "%", "–", "→": 1.0
    case _ where character.isUppercase: 0.75
    default: DisplayText.width(character) == 2 ? 1.05 : 0.64
    }
  }

  /// The largest font size up to `size` at which the text fits into `width`.
  static func size(_ text: String, width: Double, upTo size: Double, bold: Bool = false) -> Double {
    min(size, size * width / max(self.width(text, size: size, bold: bold), 1))
  }

  /// The text on one line, with an ellipsis in its middle where it is wider than `limit`: names often differ
  /// at their ends.
  static func truncated(_ text: String, width limit: Double, size: Double, bold: Bool = false) -> String {
    let text = DisplayText.singleLine(text)
    guard width(text, size: size, bold: bold) > limit else { return text }
    let characters = Array(text)
    // No character is narrower than a third of its size; what surely is too long need not be tried.
    let most = min(characters.count - 1, Int(max(0, limit / size * 3)))
    for kept in stride(from: most, to: 1, by: -1) {
      let shorter = String(characters.prefix((kept + 1) / 2)) + "…" + String(characters.suffix(kept / 2))
      if width(shorter, size: size, bold: bold) <= limit { return shorter }
    }
    return "…"
  }
}
