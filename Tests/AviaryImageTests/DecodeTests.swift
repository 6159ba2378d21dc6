import Foundation
import Testing

@testable import AviaryImage

/// Every sample of every fixture equals Pillow's.
@Suite struct DecodeTests {
  struct Expected: Decodable {
    var file: String
    var width: Int
    var height: Int
    var color: String
    var grey: Data
    var rgb: Data?
    var composite: Data?
  }

  static let all: [Expected] = (try? Fixtures.json("decode.json")) ?? []

  @Test func everyPictureHasAnExpectation() {
    #expect(Self.all.count > 60)
    #expect(Self.all.map(\.file).sorted() == Fixtures.pictures)
  }

  @Test(arguments: all) func equalsPillow(_ expected: Expected) throws {
    let image = try Image(contentsOf: Fixtures.path(expected.file))
    #expect(image.width == expected.width)
    #expect(image.height == expected.height)
    #expect(image.color.rawValue == expected.color)
    #expect(image.converted(to: .grey).samples == [UInt8](expected.grey))
    if let rgb = expected.rgb {
      #expect(image.samples == [UInt8](rgb))
    } else {
      #expect(image.converted(to: .rgb).samples == expected.grey.flatMap { [$0, $0, $0] })
    }
  }

  @Test func compositesAlphaOverABackground() throws {
    var options = DecodeOptions()
    options.alpha = .composite(red: 200, green: 30, blue: 90)
    let cases = Self.all.filter { $0.composite != nil }
    #expect(cases.count == 2)
    for expected in cases {
      let image = try Image(contentsOf: Fixtures.path(expected.file), options: options)
      #expect(image.color == .rgb)
      #expect(expected.composite.map { [UInt8]($0) } == image.samples)
    }
    options.alpha = .composite(red: 7, green: 7, blue: 7)
    #expect(try Image(contentsOf: Fixtures.path("png_c4_d8.png"), options: options).color == .grey)
  }

  @Test(arguments: 1...8) func orientationCanBeLeftAlone(_ number: Int) throws {
    var options = DecodeOptions()
    options.appliesOrientation = false
    let stored = try Image(contentsOf: Fixtures.path("exif_\(number).png"), options: options)
    #expect(stored == (try Image(contentsOf: Fixtures.path("exif_1.png"))))
  }

  @Test func bgrReversesEachPixel() throws {
    let image = try Image(contentsOf: Fixtures.path("png_c2_d8.png"))
    let swapped = image.swappingRedAndBlue()
    #expect(swapped.sample(x: 4, y: 3, channel: 0) == image.sample(x: 4, y: 3, channel: 2))
    #expect(swapped.sample(x: 4, y: 3, channel: 1) == image.sample(x: 4, y: 3, channel: 1))
    #expect(swapped != image)
    #expect(swapped.swappingRedAndBlue() == image)
  }

  @Test func theExtensionDoesNotMatter() throws {
    let place = FileManager.default.temporaryDirectory.appendingPathComponent("aviary-\(UUID()).png")
    defer { try? FileManager.default.removeItem(at: place) }
    try Data(Fixtures.bytes("jpeg_grey.jpg")).write(to: place)
    #expect(
      try Image(contentsOf: place.path) == Image(contentsOf: Fixtures.path("jpeg_grey.jpg")))
  }
}
