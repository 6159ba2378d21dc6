import Foundation
import TestSupport
import Testing

@testable import AviaryImage

/// BMP, PNM, TIFF, WebP and JPEG 2000 against what Pillow reads (`make_formats.py`).
@Suite struct FormatTests {
  struct Expected: Decodable, Sendable, CustomStringConvertible {
    var file: String
    var width: Int
    var height: Int
    var color: String
    /// Largest difference of a sample: lossy JPEG 2000 rounds in its own way.
    var tolerance: Int
    var samples: Data

    var description: String { file }
  }

  private static let folder = Locations.root.appendingPathComponent("Tests/AviaryImageTests/Formats")
  static let all: [Expected] =
    (try? JSONDecoder().decode([Expected].self, from: Data(contentsOf: folder.appendingPathComponent("formats.json"))))
    ?? []

  private func bytes(_ file: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: Self.folder.appendingPathComponent(file)))
  }

  @Test func thereAreCasesOfEveryFormat() throws {
    let formats = try Set(Self.all.map { expected in
      try #require(try bytes(expected.file).withUnsafeBytes { ImageFormat(sniffing: $0) })
    })
    #expect(formats == [.bmp, .pnm, .tiff, .webp, .jpeg2000])
  }

  @Test(arguments: all) func equalsPillow(_ expected: Expected) throws {
    let image = try Image(decoding: try bytes(expected.file), path: expected.file)
    #expect(image.width == expected.width && image.height == expected.height)
    #expect(image.color.rawValue == expected.color)
    let differences = zip(image.samples, expected.samples).map { abs(Int($0) - Int($1)) }
    #expect(image.samples.count == expected.samples.count && (differences.max() ?? 0) <= expected.tolerance)
  }

  @Test(arguments: all) func aSmallLimitIsKept(_ expected: Expected) throws {
    var options = DecodeOptions()
    options.maxPixels = expected.width * expected.height - 1
    let error = #expect(throws: ImageError.self) {
      try Image(decoding: try bytes(expected.file), path: expected.file, options: options)
    }
    guard case .tooManyPixels? = error?.reason else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  /// Cut and altered files give a picture or an error, never a trap.
  @Test(arguments: all) func damagedFilesAreRefused(_ expected: Expected) throws {
    let whole = try bytes(expected.file)
    var refused = 0
    for length in stride(from: 0, to: whole.count, by: max(1, whole.count / 25)) {
      do { _ = try Image(decoding: Array(whole[..<length]), path: "cut") } catch { refused += 1 }
    }
    #expect(refused > 10)
    var options = DecodeOptions()
    options.maxPixels = 1 << 20
    var random = UInt64(whole.count)
    for _ in 0..<200 {
      var damaged = whole
      for _ in 0..<3 {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        damaged[Int(random >> 33) % damaged.count] = UInt8(truncatingIfNeeded: random >> 20)
      }
      _ = try? Image(decoding: damaged, path: "damaged", options: options)
    }
  }
}
