import AviaryImage
import Foundation
import Testing

@testable import AviaryReport

@Suite struct FaceReportTests {
  @Test(arguments: [(120, 90, Image.Color.rgb), (33, 200, .grey), (1, 1, .grey)])
  func anAnnotatedPictureHasThePicturesSize(_ width: Int, _ height: Int, _ color: Image.Color) throws {
    let samples = (0..<width * height * color.channels).map { UInt8(truncatingIfNeeded: $0 &* 13) }
    let image = try #require(Image(width: width, height: height, color: color, samples: samples))
    let face = DetectedFace(
      x: 30, y: 40, width: 30, height: 30, score: 1, landmarks: [ImagePoint(x: 40, y: 50)])
    let png = try AnnotatedPicture(
      image, marks: [.init(face: face, lines: ["happy <93 %>", "fer: sad & 50 %"], color: 1)]
    ).png()
    let drawn = try Image(decoding: [UInt8](png), path: "annotated").converted(to: .rgb)
    #expect(drawn.width == width && drawn.height == height)
    let plain = try Image(decoding: [UInt8](try AnnotatedPicture(image, marks: []).png()), path: "plain")
    #expect(plain.converted(to: .rgb) == image.converted(to: .rgb))
    if width > 100 {
      #expect(drawn != image.converted(to: .rgb))
      // Away from the box and its text nothing changes.
      #expect(
        (0..<3).allSatisfy {
          drawn.sample(x: 110, y: 85, channel: $0) == image.sample(x: 110, y: 85, channel: $0)
        })
    }
  }

  @Test func aTimelineShowsEveryFaceAndClass() throws {
    let points = (0..<50).map { (frame: Int) -> (seconds: Double, scores: [Float]) in
      let part = Float(frame) / 50
      return (Double(frame) / 25, [part, 1 - part])
    }
    let chart = TimelineChart(
      [.init(name: "face 1", points: points), .init(name: "face <2>", points: Array(points.prefix(3)))],
      labels: ["happy", "sad & low"], title: "film.avi", subtitle: "50 frames", gap: 0.5)
    let svg = chart.svg()
    for text in ["face 1", "face &lt;2&gt;", "happy", "sad &amp; low", "seconds"] {
      #expect(svg.contains(text))
    }
    #expect(Document(svg) != nil)
    #expect(try chart.png().count > 1000)
  }

  @Test func timelinesOfNothingAndOfMuch() throws {
    let none = TimelineChart([], labels: [], title: "t", subtitle: "", gap: 1)
    #expect(none.svg().contains("no faces"))
    #expect(try none.png(scale: 1).count > 100)
    let long = (0..<100_000).map { (seconds: Double($0) / 25, scores: [Float.nan, 0.5]) }
    let many = (0..<30).map {
      TimelineChart.Panel(name: "face \($0)", points: $0 == 7 ? long : Array(long.prefix(5)))
    }
    let svg = TimelineChart(many, labels: ["a", "b"], title: "t", subtitle: "", gap: 1).svg()
    #expect(svg.utf8.count < 200_000)
    #expect(svg.contains("and 18 more"))
    #expect(svg.contains("face 7"))
  }
}
