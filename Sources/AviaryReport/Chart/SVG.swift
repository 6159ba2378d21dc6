/// An SVG document under construction. Coordinates are pixels at scale 1, from the top left.
struct SVG {
  let width: Double
  let height: Double
  private(set) var body = ""

  enum Anchor: String { case start, middle, end }

  /// How a text looks.
  struct Style {
    var size = 12.0
    var color = Color.ink
    var anchor = Anchor.start
    var bold = false
    /// Degrees clockwise around the text's own position.
    var rotation = 0.0
  }

  init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, fill: Color, radius: Double = 0,
    tooltip: String? = nil
  ) {
    var attributes = [("x", x), ("y", y), ("width", width), ("height", height)].map { ($0, Self.number($1)) }
    attributes.append(("fill", fill.hex))
    if radius > 0 { attributes.append(("rx", Self.number(radius))) }
    let title = tooltip.map { "<title>\(Self.escaped($0))</title>" }
    element("rect", attributes, content: title)
  }

  mutating func line(
    from start: (x: Double, y: Double), to end: (x: Double, y: Double), color: Color, width: Double = 1,
    dashed: Bool = false
  ) {
    var attributes = [("x1", start.x), ("y1", start.y), ("x2", end.x), ("y2", end.y), ("stroke-width", width)]
      .map { ($0, Self.number($1)) }
    attributes.append(("stroke", color.hex))
    if dashed { attributes.append(("stroke-dasharray", "5 4")) }
    element("line", attributes)
  }

  /// A filled outline or, without `fill`, a stroked line, given as path data.
  mutating func path(
    _ data: String, fill: Color? = nil, stroke: Color? = nil, width: Double = 1, dashed: Bool = false
  ) {
    var attributes = [("d", data), ("fill", fill?.hex ?? "none")]
    if let stroke {
      attributes += [
        ("stroke", stroke.hex), ("stroke-width", Self.number(width)), ("stroke-linejoin", "round"),
      ]
      if dashed { attributes.append(("stroke-dasharray", "5 4")) }
    }
    element("path", attributes)
  }

  /// A text whose baseline starts, is centred or ends at the position.
  mutating func text(_ text: String, x: Double, y: Double, _ style: Style) {
    var attributes = [("x", Self.number(x)), ("y", Self.number(y)), ("font-size", Self.number(style.size))]
    attributes.append(("fill", style.color.hex))
    if style.anchor != .start { attributes.append(("text-anchor", style.anchor.rawValue)) }
    if style.bold { attributes.append(("font-weight", "bold")) }
    if style.rotation != 0 {
      let center = "\(Self.number(x)) \(Self.number(y))"
      attributes.append(("transform", "rotate(\(Self.number(style.rotation)) \(center))"))
    }
    element("text", attributes, content: Self.escaped(text))
  }

  private mutating func element(_ name: String, _ attributes: [(String, String)], content: String? = nil) {
    body += "<" + name
    for (key, value) in attributes { body += " \(key)=\"\(value)\"" }
    body += content.map { ">\($0)</\(name)>\n" } ?? "/>\n"
  }

  /// The whole document.
  /// - Parameters:
  ///   - title: what a screen reader says.
  ///   - isTransparent: whether what is not drawn stays what it is, instead of paper.
  func document(title: String, isTransparent: Bool = false) -> String {
    let size = "width=\"\(Self.number(width))\" height=\"\(Self.number(height))\""
    let box = "viewBox=\"0 0 \(Self.number(width)) \(Self.number(height))\""
    let font = "font-family=\"DejaVu Sans, sans-serif\""
    let paper = isTransparent ? "" : "<rect width=\"100%\" height=\"100%\" fill=\"\(Color.paper.hex)\"/>\n"
    return """
      <svg xmlns="http://www.w3.org/2000/svg" \(size) \(box) \(font) role="img">
      <title>\(Self.escaped(title))</title>
      \(paper)\(body)</svg>

      """
  }

  /// At most two decimals, none where they are zero.
  static func number(_ value: Double) -> String {
    NumberText.shortest((value * 100).rounded() / 100)
  }

  /// Text as XML content or attribute. What XML 1.0 cannot hold becomes U+FFFD.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n", "\r": result += " "
      default:
        let isAllowed = scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
          && scalar.value != 0xFFFE && scalar.value != 0xFFFF
        result.unicodeScalars.append(isAllowed ? scalar : "\u{FFFD}")
      }
    }
    return result
  }
}
