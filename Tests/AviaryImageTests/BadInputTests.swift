import Foundation
import TestSupport
import Testing

@testable import AviaryImage

/// Whatever the bytes, the answer is an image or an `ImageError`.
@Suite struct BadInputTests {
  private func reason(_ bytes: [UInt8], _ options: DecodeOptions = DecodeOptions()) -> ImageError.Reason? {
    do throws(ImageError) {
      _ = try Image(decoding: bytes, path: "face.bin", options: options)
      return nil
    } catch {
      #expect(error.path == "face.bin")
      #expect(error.description.hasPrefix("face.bin: "))
      return error.reason
    }
  }

  @Test func notAnImage() {
    #expect(reason([]) == .empty)
    #expect(reason(Array("<html>".utf8)) == .unknownFormat(start: Array("<html>".utf8)))
    #expect(reason([0xFF]) == .unknownFormat(start: [0xFF]))
    let zeros = [UInt8](repeating: 0, count: 500)
    #expect(reason(zeros) == .unknownFormat(start: Array(zeros.prefix(8))))
  }

  @Test func filesThatCannotBeRead() {
    for path in ["/nowhere/face.png", "/", "/dev/null"] {
      let error = #expect(throws: ImageError.self) { try Image(contentsOf: path) }
      #expect(error?.path == path)
      guard case .unreadable? = error?.reason else {
        Issue.record("\(path): \(String(describing: error))")
        continue
      }
    }
  }

  @Test func limits() throws {
    var options = DecodeOptions()
    options.maxBytes = 100
    let jpeg = try Fixtures.bytes("jpeg_444.jpg")
    #expect(reason(jpeg, options) == .tooManyBytes(jpeg.count, limit: 100))
    #expect(throws: ImageError.self) {
      try Image(contentsOf: Fixtures.path("jpeg_444.jpg"), options: options)
    }
    options = DecodeOptions()
    options.maxPixels = 37 * 29 - 1
    #expect(reason(jpeg, options) == .tooManyPixels(.jpeg, width: 37, height: 29, limit: 37 * 29 - 1))
    options.maxPixels = 21 * 13 - 1
    let png = try Fixtures.bytes("png_c2_d8.png")
    #expect(reason(png, options) == .tooManyPixels(.png, width: 21, height: 13, limit: 21 * 13 - 1))
    options.maxPixels = 21 * 13
    #expect(reason(png, options) == nil)
  }

  /// A header that announces a huge picture is refused before anything is allocated for it.
  @Test(arguments: [
    [0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    [0, 1, 0, 0, 0, 1, 0, 0],
  ])
  func enormousPNG(_ size: [UInt8]) throws {
    var bytes = try Fixtures.bytes("png_c2_d8.png")
    bytes.replaceSubrange(16..<24, with: size)
    guard case .tooManyPixels(.png, _, _, _)? = reason(bytes) else {
      Issue.record("\(String(describing: reason(bytes)))")
      return
    }
  }

  @Test func enormousJPEG() throws {
    var bytes = try Fixtures.bytes("jpeg_444.jpg")
    let frame = try #require(bytes.indices.dropLast(9).first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
    bytes.replaceSubrange((frame + 5)..<(frame + 9), with: [0xFF, 0xDC, 0xFF, 0xDC])
    #expect(
      reason(bytes) == .tooManyPixels(.jpeg, width: 65500, height: 65500, limit: 100_000_000))
  }

  @Test func zeroSides() throws {
    for side in [16, 20] {
      var bytes = try Fixtures.bytes("png_c2_d8.png")
      bytes.replaceSubrange(side..<(side + 4), with: [0, 0, 0, 0])
      guard case .corrupt(.png, _)? = reason(bytes) else {
        Issue.record("\(String(describing: reason(bytes)))")
        return
      }
    }
    var bytes = try Fixtures.bytes("jpeg_444.jpg")
    let frame = try #require(bytes.indices.dropLast(9).first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
    bytes.replaceSubrange((frame + 5)..<(frame + 9), with: [0, 0, 0, 0])
    #expect(reason(bytes) != nil)
  }

  /// Cut anywhere, a picture is an error: as truncated wherever the format was recognised.
  @Test(arguments: [
    "jpeg_444.jpg", "jpeg_420_progressive.jpg", "jpeg_restart.jpg", "jpeg_cmyk.jpg", "png_c2_d8.png",
    "png_c3_d4_i.png", "png_c6_d16.png",
  ])
  func truncated(_ name: String) throws {
    let bytes = try Fixtures.bytes(name)
    let format: ImageFormat = name.hasSuffix("png") ? .png : .jpeg
    // The 12 bytes of a PNG's IEND are the only ones that a complete picture can spare: still an error.
    for length in 8..<bytes.count {
      #expect(reason(Array(bytes[..<length])) == .truncated(format), "\(name) cut to \(length) bytes")
    }
  }

  @Test func bytesAfterTheEndDoNotMatter() throws {
    for name in ["jpeg_444.jpg", "png_c2_d8.png"] {
      let bytes = try Fixtures.bytes(name)
      let whole = try Image(decoding: bytes, path: name)
      #expect(try Image(decoding: bytes + [1, 2, 3, 4], path: name) == whole)
    }
  }

  @Test func exifThatLies() throws {
    // Directory offsets and counts beyond the block, a wrong type, an orientation out of range.
    let blocks: [[UInt8]] = [
      [], [0x49, 0x49], Array("II*\0".utf8) + [0xFF, 0xFF, 0xFF, 0xFF],
      Array("II*\0".utf8) + [8, 0, 0, 0, 0xFF, 0xFF],
      Array("II*\0".utf8) + [8, 0, 0, 0, 1, 0, 0x12, 1, 4, 0, 1, 0, 0, 0, 6, 0, 0, 0],
      Array("II*\0".utf8) + [8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 9, 0, 0, 0],
      Array("MM\0*".utf8) + [0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0],
      Array("XX\0*".utf8) + [0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0],
    ]
    for block in blocks {
      #expect(block.withUnsafeBytes { Orientation(exif: $0) } == .upright, "\(block)")
    }
    let good = Array("MM\0*".utf8) + [0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]
    #expect(good.withUnsafeBytes { Orientation(exif: $0) } == .rotated90Clockwise)
  }

  /// Seeded damage: bits flipped, bytes overwritten, pieces cut out or doubled.
  @Test(arguments: Fixtures.pictures) func damaged(_ name: String) throws {
    let bytes = try Fixtures.bytes(name)
    var options = DecodeOptions()
    options.maxPixels = 1 << 20
    var random = SeededGenerator(seed: name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
    var refused = 0
    for _ in 0..<60 {
      var bad = bytes
      for _ in 0...Int(random.next() % 4) where !bad.isEmpty {
        let at = Int(random.next() % UInt64(bad.count))
        switch random.next() % 4 {
        case 0: bad[at] ^= 1 << UInt8(random.next() % 8)
        case 1: bad[at] = UInt8(truncatingIfNeeded: random.next())
        case 2: bad.removeSubrange(at..<min(bad.count, at + 7))
        default: bad.insert(contentsOf: bad[at..<min(bad.count, at + 5)], at: at)
        }
      }
      if let image = try? Image(decoding: bad, path: name, options: options) {
        #expect(image.samples.count == image.width * image.height * image.channels)
      } else {
        refused += 1
      }
    }
    #expect(refused > 0)
  }
}
