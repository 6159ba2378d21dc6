import AviaryMetrics
import Foundation
import Testing

@testable import AviaryReport

@Suite struct ConfusionMatrixChartTests {
  /// A seeded matrix whose rows differ and of whose cells about half are zero.
  static func matrix(classes: Int, scale: Double = 60) throws -> ConfusionMatrix {
    var state: UInt64 = 42
    let counts = (0..<classes * classes).map { i -> Int in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let random = Double(state >> 33) / Double(1 << 31)
      if i / classes == i % classes { return Int(scale * (0.3 + random)) }
      return random < 0.5 ? 0 : Int(random * scale * 0.2)
    }
    return try ConfusionMatrix(counts: counts, classes: classes)
  }

  static func chart(
    classes: Int, labels: [String]? = nil, scale: Double = 60,
    normalization: ConfusionMatrix.Normalization = .true
  ) throws -> ConfusionMatrixChart {
    let report = try ConfusionMatrixReport(
      matrix(classes: classes, scale: scale), labels: labels ?? (0..<classes).map { "class \($0)" })
    return ConfusionMatrixChart(report, title: "A <chart> & \"more\"", normalization: normalization)
  }

  @Test(arguments: [1, 2, 7, 12, 30, 60], ConfusionMatrix.Normalization.allCases)
  func everyCountIsWritten(_ classes: Int, normalization: ConfusionMatrix.Normalization) throws {
    let chart = try Self.chart(classes: classes, normalization: normalization)
    let texts = try #require(Document(chart.svg())).texts
    var counted: [String: Int] = [:]
    for text in texts { counted[text, default: 0] += 1 }
    var expected: [String: Int] = [:]
    for count in chart.report.matrix.counts where count > 0 { expected["\(count)", default: 0] += 1 }
    for (count, times) in expected { #expect(counted[count, default: 0] >= times, "\(count)") }
    #expect(texts.contains("A <chart> & \"more\""))
    for label in chart.report.labels { #expect(counted[label] == 2, "\(label)") }
  }

  @Test func percentagesAreThoseOfTheMatrix() throws {
    for normalization in ConfusionMatrix.Normalization.allCases {
      let chart = try Self.chart(classes: 7, normalization: normalization)
      let texts = try #require(Document(chart.svg())).texts
      for (share, count) in zip(chart.report.matrix.normalized(normalization), chart.report.matrix.counts)
      where count > 0 {
        #expect(texts.contains(String(format: "%.1f%%", share * 100)))
      }
    }
  }

  @Test(arguments: [1, 2, 7, 13, 30, 45, 60, 61, 200])
  func nothingLeavesThePicture(_ classes: Int) throws {
    let labels = (0..<classes).map { String(repeating: "long label ", count: $0 % 9 + 1) + "\($0)" }
    let document = try #require(Document(Self.chart(classes: classes, labels: labels).svg()))
    let root = try #require(document.elements.first)
    let (width, height) = (root.number("width"), root.number("height"))
    for element in document.elements(named: "rect").dropFirst() {
      #expect(element.number("x") >= 0 && element.number("x") + element.number("width") <= width)
      #expect(element.number("y") >= 0 && element.number("y") + element.number("height") <= height)
    }
    for element in document.elements(named: "text") {
      let extent = Self.extent(of: element)
      #expect(extent.x.lowerBound >= -1 && extent.x.upperBound <= width + 1, "\(element.text)")
      #expect(extent.y.lowerBound >= -1 && extent.y.upperBound <= height + 1, "\(element.text)")
    }
  }

  /// What a text covers, by the estimate of its length.
  private static func extent(
    of element: Document.Element
  ) -> (x: ClosedRange<Double>, y: ClosedRange<Double>) {
    let length = TextFit.width(element.text, size: element.number("font-size"))
    let (x, y) = (element.number("x"), element.number("y"))
    let before: Double =
      switch element.attributes["text-anchor"] {
      case "end": length
      case "middle": length / 2
      default: 0
      }
    let transform = element.attributes["transform"] ?? "rotate(0 "
    let degrees = Double(transform.dropFirst("rotate(".count).prefix { $0 != " " }) ?? .nan
    let (dx, dy) = (cos(degrees * .pi / 180), sin(degrees * .pi / 180))
    let start = (x: x - before * dx, y: y - before * dy)
    let end = (x: start.x + length * dx, y: start.y + length * dy)
    return (min(start.x, end.x)...max(start.x, end.x), min(start.y, end.y)...max(start.y, end.y))
  }

  /// Text of a cell is no wider than the cell, also for counts of millions.
  @Test(arguments: [2, 7, 30, 60])
  func countsFitTheirCells(_ classes: Int) throws {
    let chart = try Self.chart(classes: classes, scale: 9e7)
    let cell = ConfusionMatrixChart.Layout(
      labels: chart.report.labels, title: chart.title, subtitle: chart.subtitle
    ).cell
    let document = try #require(Document(chart.svg()))
    let inside = document.elements(named: "text").filter {
      $0.attributes["text-anchor"] == "middle" && $0.attributes["transform"] == nil
        && $0.text.last.map { "0123456789%kMG".contains($0) } == true && !$0.text.contains("class")
    }
    #expect(inside.count > classes)
    for element in inside {
      let size = element.number("font-size")
      #expect(TextFit.width(element.text, size: size) <= cell, "\(element.text)")
      #expect(size >= 6.5, "\(element.text) is too small to read")
    }
  }

  @Test(arguments: [7, 30, 100])
  func pictureShowsTheColorsOfTheMatrix(_ classes: Int) throws {
    let chart = try Self.chart(classes: classes)
    let layout = ConfusionMatrixChart.Layout(
      labels: chart.report.labels, title: chart.title, subtitle: chart.subtitle)
    let picture = try #require(Picture(png: chart.png(scale: 2)))
    #expect(picture.width == Int(layout.width) * 2)
    #expect(picture.height == Int(layout.height) * 2)
    let shares = chart.report.matrix.normalized(.true)
    for (i, share) in shares.enumerated() where classes <= 30 || i % 37 == 0 {
      let (t, p) = i.quotientAndRemainder(dividingBy: classes)
      // Near the upper left corner of the cell, where no text is.
      let inset = layout.gap / 2 + min(4, layout.cell / 2)
      let x = Int((layout.left + Double(p) * layout.cell + inset) * 2)
      let y = Int((layout.top + Double(t) * layout.cell + inset) * 2)
      // Without counts the shares are drawn in steps; that every share is seen at all is what matters there.
      if layout.hasCounts || share == 0 {
        #expect(picture.color(x: x, y: y) == Color.scale(share).hex, "\(t), \(p)")
      } else {
        #expect(picture.color(x: x, y: y) != Color.scale(0).hex, "\(t), \(p)")
      }
    }
    // Text was drawn: the strip of the title has many shades of its edges.
    #expect(picture.colors(x: 20..<400, y: 20..<80).count > 10)
  }

  @Test func hostileLabelsStayText() throws {
    let labels = [
      "</text><script>alert(1)</script>", "&lt;", "\"'><rect/>", "a\u{0}b\u{B}c\u{FFFE}", "\u{202E}gnp",
      "", "]]>", "漢字", "👩‍👩‍👧", String(repeating: "x", count: 100_000),
    ]
    let chart = try Self.chart(classes: labels.count, labels: labels)
    let svg = chart.svg()
    let document = try #require(Document(svg))
    #expect(document.elements(named: "script").isEmpty)
    #expect(document.elements(named: "rect").count == 100 + 2 + 64)
    #expect(document.texts.filter { $0 == "&lt;" }.count == 2)
    #expect(svg.utf8.count < 4_000_000)
    _ = try chart.png(scale: 0.5)
  }

  @Test func aThousandClassesCanBeDrawn() throws {
    var counts = [Int](repeating: 0, count: 1_000_000)
    for i in 0..<1000 { for d in [0, 1, 7, 40] { counts[i * 1000 + (i + d) % 1000] = 50 - d } }
    let report = try ConfusionMatrixReport(
      ConfusionMatrix(counts: counts, classes: 1000), labels: (0..<1000).map { "n\($0)" })
    let chart = ConfusionMatrixChart(report)
    #expect(chart.svg().utf8.count < 1_000_000)
    let picture = try #require(Picture(png: chart.png(scale: 1)))
    #expect(picture.width < 2000)
  }

  @Test func withoutSamplesThereIsAnEmptyMatrix() throws {
    let report = try ConfusionMatrixReport(
      ConfusionMatrix(counts: [0, 0, 0, 0], classes: 2), labels: ["a", "b"])
    for normalization in ConfusionMatrix.Normalization.allCases {
      let document = try #require(
        Document(ConfusionMatrixChart(report, normalization: normalization).svg()))
      #expect(document.texts.filter { $0 == "0" }.count == 4)
      #expect(document.texts.contains("0 samples"))
    }
  }
}
