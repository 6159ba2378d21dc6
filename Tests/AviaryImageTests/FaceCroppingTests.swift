import AviaryImage
import Foundation
import Testing

@Suite struct FaceCroppingTests {
  /// Each pixel says where it is.
  private let image: Image? = {
    var samples: [UInt8] = []
    for y in 0..<30 {
      for x in 0..<40 { samples += [UInt8(x * 6), UInt8(y * 8), 7] }
    }
    return Image(width: 40, height: 30, color: .rgb, samples: samples)
  }()

  @Test func squaresAndMargins() throws {
    let image = try #require(image)
    let face = DetectedFace(x: 10, y: 5, width: 8, height: 12, score: 1)
    let square = try image.face(face)
    #expect(square.width == 12 && square.height == 12)
    // Centred on x = 14, y = 11.
    #expect(square.sample(x: 0, y: 0) == 8 * 6 && square.sample(x: 0, y: 0, channel: 1) == 5 * 8)
    let box = try image.face(face, cropping: FaceCropping(square: false))
    #expect(box.width == 8 && box.height == 12)
    let wide = try image.face(face, cropping: FaceCropping(margin: 0.25))
    #expect(wide.width == 18 && wide.height == 18)
    let narrow = try image.face(face, cropping: FaceCropping(margin: -0.25))
    #expect(narrow.width == 6)
  }

  @Test func edgesGoOnBeyondThePicture() throws {
    let image = try #require(image)
    let crop = try image.face(DetectedFace(x: -4, y: -4, width: 8, height: 8, score: 1))
    #expect(crop.width == 8)
    #expect(crop.sample(x: 0, y: 0) == 0 && crop.sample(x: 7, y: 7) == 3 * 6)
    #expect(crop.sample(x: 0, y: 7, channel: 1) == UInt8(24))
  }

  @Test func theWholePictureIsItself() throws {
    let image = try #require(image)
    let whole = DetectedFace(x: 0, y: 0, width: 40, height: 30, score: 1)
    #expect(try image.face(whole) == image)
  }

  /// Eyes on a line that falls by 90 degrees: the crop is the picture turned back.
  @Test func eyesComeToLieLevel() throws {
    let image = try #require(image)
    let points = [(20.0, 10.0), (20.0, 18.0), (18.0, 14.0), (15.0, 11.0), (15.0, 17.0)].map {
      ImagePoint(x: $0.0, y: $0.1)
    }
    let face = DetectedFace(x: 12, y: 8, width: 12, height: 12, score: 1, landmarks: points)
    #expect(abs((face.tilt ?? 0) - .pi / 2) < 1e-12)
    let crop = try image.face(face)
    let plain = try image.face(face, cropping: FaceCropping(aligned: false))
    #expect(crop.width == 12 && crop.height == 12)
    for y in 0..<12 {
      for x in 0..<12 {
        // Right in the crop is down in the picture, down is left.
        for channel in 0..<3 {
          #expect(
            crop.sample(x: x, y: y, channel: channel) == plain.sample(x: 11 - y, y: x, channel: channel))
        }
      }
    }
  }

  @Test func facesThatAreNoneAreRefused() throws {
    let image = try #require(image)
    for face in [
      DetectedFace(x: 50, y: 0, width: 5, height: 5, score: 1),
      DetectedFace(x: 0, y: -9, width: 5, height: 5, score: 1),
      DetectedFace(x: .nan, y: 0, width: 5, height: 5, score: 1),
      DetectedFace(x: 0, y: 0, width: 0, height: 5, score: 1),
    ] {
      #expect(throws: ImageError.Reason.self) { try image.face(face) }
    }
    let face = DetectedFace(x: 0, y: 0, width: 5, height: 5, score: 1)
    for margin in [-0.5, 3, Double.nan] {
      #expect(throws: ImageError.Reason.self) { try image.face(face, cropping: FaceCropping(margin: margin)) }
    }
  }

  /// A box of a thousand million pixels is sampled coarsely, not allocated.
  @Test func hugeBoxesStaySmall() throws {
    let image = try #require(image)
    let crop = try image.face(DetectedFace(x: 5, y: 5, width: 9e8, height: 9e8, score: 1))
    #expect(crop.width == 2048 && crop.height == 2048)
  }
}
