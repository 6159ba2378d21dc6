import Foundation

/// A colour of the sRGB space, each channel 0...1.
struct Color: Sendable, Equatable {
  let red: Double
  let green: Double
  let blue: Double

  init(red: Double, green: Double, blue: Double) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  init(hex: UInt32) {
    self.init(
      red: Double(hex >> 16 & 0xFF) / 255, green: Double(hex >> 8 & 0xFF) / 255,
      blue: Double(hex & 0xFF) / 255)
  }

  /// A colour by perceived lightness (0...1), chroma (0 is grey) and hue (degrees). Where sRGB cannot show
  /// it, the chroma is lowered until it can, which keeps lightness and hue.
  ///
  /// B. Ottosson (2020), A perceptual color space for image processing (OKLab).
  init(lightness: Double, chroma: Double, hue: Double) {
    var chroma = chroma
    var linear = Self.linear(lightness: lightness, chroma: chroma, hue: hue)
    while chroma > 1e-3, linear.contains(where: { $0 < -1e-4 || $0 > 1 + 1e-4 }) {
      chroma *= 0.97
      linear = Self.linear(lightness: lightness, chroma: chroma, hue: hue)
    }
    let encoded = linear.map { channel -> Double in
      let x = min(max(channel, 0), 1)
      return x <= 0.0031308 ? 12.92 * x : 1.055 * pow(x, 1 / 2.4) - 0.055
    }
    self.init(red: encoded[0], green: encoded[1], blue: encoded[2])
  }

  /// The linear channels of an OKLab colour, which may lie outside 0...1.
  private static func linear(lightness: Double, chroma: Double, hue: Double) -> [Double] {
    let (a, b) = (chroma * cos(hue * .pi / 180), chroma * sin(hue * .pi / 180))
    func cube(_ x: Double) -> Double { x * x * x }
    let l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b)
    let m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b)
    let s = cube(lightness - 0.0894841775 * a - 1.2914855480 * b)
    return [
      4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
      -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
      -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
    ]
  }

  var hex: String {
    let value = [red, green, blue].reduce(0 as UInt32) { $0 << 8 | UInt32(($1 * 255).rounded()) }
    let digits = String(value, radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }

  /// Relative luminance, 0 (black) to 1 (white), as the Web Content Accessibility Guidelines 2.1 define it.
  var luminance: Double {
    func linear(_ x: Double) -> Double { x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4) }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }

  /// The contrast of two colours, 1 to 21; text needs 4.5 to be legible.
  func contrast(with other: Color) -> Double {
    let (high, low) = (max(luminance, other.luminance), min(luminance, other.luminance))
    return (high + 0.05) / (low + 0.05)
  }

  /// Ink, white or, where neither has enough contrast, black: one of black and white always has.
  var readableText: Color {
    [.ink, .paper].first { contrast(with: $0) >= 4.5 } ?? Color(hex: 0)
  }

  static let paper = Color(hex: 0xFFFFFF)
  static let ink = Color(hex: 0x1B2430)
  static let quiet = Color(hex: 0x5B6672)
  static let rule = Color(hex: 0xD5DBE1)

  /// Sequential colours from almost white (0) to deep blue (1) whose lightness falls evenly.
  static func scale(_ value: Double) -> Color {
    let t = min(max(value.isNaN ? 0 : value, 0), 1)
    return Color(lightness: 0.975 - 0.665 * t, chroma: 0.006 + 0.38 * t * (1 - 0.7 * t), hue: 240 + 20 * t)
  }

  /// Colours of up to eight series that colour-blind readers tell apart (M. Okabe and K. Ito, 2008), then
  /// hues in equal steps.
  static func series(_ index: Int, of count: Int) -> Color {
    let palette: [UInt32] = [
      0x0072B2, 0xE69F00, 0x009E73, 0xD55E00, 0xCC79A7, 0x56B4E9, 0x000000, 0xB8A800,
    ]
    if count <= palette.count, palette.indices.contains(index) { return Color(hex: palette[index]) }
    let lightness = index.isMultiple(of: 2) ? 0.55 : 0.72
    return Color(lightness: lightness, chroma: 0.14, hue: 250 + 360 * Double(index) / Double(max(1, count)))
  }
}
