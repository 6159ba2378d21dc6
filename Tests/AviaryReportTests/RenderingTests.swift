import Foundation
import Testing

@testable import AviaryReport

@Suite struct RenderingTests {
  @Test func pixelsAreWhatTheDocumentSays() throws {
    var svg = SVG(width: 20, height: 10)
    svg.rectangle(x: 0, y: 0, width: 10, height: 10, fill: Color(hex: 0x12AB34))
    let png = try PNGRenderer.png(svg: svg.document(title: "t"), scale: 3)
    let picture = try #require(Picture(png: png))
    #expect(picture.width == 60)
    #expect(picture.height == 30)
    #expect(picture.color(x: 0, y: 0) == "#12ab34")
    #expect(picture.color(x: 29, y: 29) == "#12ab34")
    #expect(picture.color(x: 31, y: 5) == "#ffffff")
  }

  @Test(arguments: ["", "<html></html>", "<svg", "no xml", "<svg xmlns=\"http://www.w3.org/2000/svg\">"])
  func whatIsNoDrawingGivesAnError(_ text: String) {
    #expect(throws: ReportError.self) { try PNGRenderer.png(svg: text) }
  }

  @Test func hugePicturesAreRefused() {
    let document = SVG(width: 20_000, height: 20_000).document(title: "t")
    #expect(throws: ReportError.tooLarge(width: 20_000, height: 20_000, limit: PNGRenderer.maximumPixels)) {
      try PNGRenderer.png(svg: document, scale: 1)
    }
    let wide = SVG(width: 40_000, height: 1).document(title: "t")
    #expect(throws: ReportError.self) { try PNGRenderer.png(svg: wide, scale: 1) }
    for scale in [0, -1, Double.nan, .infinity] {
      #expect(throws: ReportError.self) { try PNGRenderer.png(svg: document, scale: scale) }
    }
  }

  @Test func filesOutsideAreNotRead() throws {
    let outside = FileManager.default.temporaryDirectory.appendingPathComponent("aviary-\(UUID()).svg")
    var red = SVG(width: 10, height: 10)
    red.rectangle(x: 0, y: 0, width: 10, height: 10, fill: Color(hex: 0xFF0000))
    try red.document(title: "t").write(to: outside, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: outside) }
    let document = """
      <svg xmlns="http://www.w3.org/2000/svg" width="10" height="10">
      <image href="\(outside.absoluteString)" width="10" height="10"/></svg>
      """
    let picture = try #require(Picture(png: PNGRenderer.png(svg: document, scale: 1)))
    #expect(picture.color(x: 5, y: 5) != "#ff0000")
  }

  @Test func numbersInDocumentsAreShort() {
    #expect([1, 0.5, 1.0 / 3, -0.001, 1234.5678].map(SVG.number) == ["1", "0.5", "0.33", "-0", "1234.57"])
  }

  /// CSS Color Module Level 4 gives these OKLCH values for the corners of sRGB.
  @Test(arguments: [
    (1.0, 0.0, 0.0, "#ffffff"), (0, 0, 0, "#000000"), (0.62796, 0.25768, 29.234, "#ff0000"),
    (0.86644, 0.29483, 142.495, "#00ff00"), (0.45201, 0.31321, 264.052, "#0000ff"),
    (0.59987, 0, 0, "#808080"),
  ])
  func colorsByLightnessChromaAndHue(_ lightness: Double, chroma: Double, hue: Double, hex: String) {
    #expect(Color(lightness: lightness, chroma: chroma, hue: hue).hex == hex)
  }

  @Test func scaleDarkensEvenlyAndTextOnItCanBeRead() {
    var last = 2.0
    for step in 0...200 {
      let color = Color.scale(Double(step) / 200)
      #expect(color.luminance < last)
      last = color.luminance
      #expect(color.contrast(with: color.readableText) >= 4.5, "\(step)")
    }
    #expect(Color.scale(.nan) == Color.scale(0))
    #expect(Color.scale(7) == Color.scale(1))
    // The definition's own example: black on white.
    #expect(Color(hex: 0).contrast(with: Color(hex: 0xFFFFFF)) == 21)
  }

  @Test func seriesHaveDistinctColors() {
    for count in [1, 8, 9, 40] {
      let colors = (0..<count).map { Color.series($0, of: count).hex }
      #expect(Set(colors).count == count)
    }
  }

  /// The estimate is never much below the width in DejaVu Sans, and not wasteful.
  @Test func textIsMeasuredOnTheSafeSide() throws {
    for golden in try ReportGolden.load().widths {
      for (bold, exact) in [(false, golden.regular), (true, golden.bold)] {
        let estimate = TextFit.width(golden.text, size: 1, bold: bold)
        #expect(estimate >= exact * 0.97, "\(golden.text)")
        #expect(estimate <= exact * 1.35 + 0.2, "\(golden.text)")
      }
    }
  }

  @Test func truncationKeepsBothEnds() {
    let text = "a very long name of a class, number 17"
    let short = TextFit.truncated(text, width: 150, size: 12)
    #expect(TextFit.width(short, size: 12) <= 150)
    let parts = short.split(separator: "…")
    #expect(parts.count == 2 && text.hasPrefix(parts[0]) && text.hasSuffix(parts[1]))
    #expect(TextFit.truncated("short", width: 150, size: 12) == "short")
    #expect(TextFit.truncated("short", width: 0, size: 12) == "…")
  }

  @Test(arguments: [
    (1.0, 5, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]), (0.3, 5, ["0.0", "0.1", "0.2", "0.3"]),
    (100, 4, ["0", "25", "50", "75", "100"]), (0.05, 5, ["0.00", "0.01", "0.02", "0.03", "0.04", "0.05"]),
    (0, 5, ["0"]), (.nan, 5, ["0"]),
  ])
  func ticksAreRound(_ maximum: Double, count: Int, texts: [String]) {
    #expect(Axis.ticks(upTo: maximum, count: count).map(\.decimal) == texts)
  }
}
