import Aviary
import Foundation
import TestSupport

/// The pictures of faces.json, made of the shared photos by the steps of make_faces.py.
struct FacePictures {
  struct Recipe: Decodable {
    let name: String
    let photo: String
    let steps: [[StepValue]]
    let width: Int
    let height: Int
    let checksum: UInt32
  }

  /// A name or a number.
  enum StepValue: Decodable {
    case text(String)
    case number(Double)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {
        self = .text(text)
      } else {
        self = .number(try container.decode(Double.self))
      }
    }

    var text: String { if case .text(let text) = self { text } else { "" } }
    var number: Double { if case .number(let number) = self { number } else { 0 } }
    var integer: Int { Int(number) }
  }

  struct Case: Decodable, Sendable, CustomStringConvertible {
    let picture: String
    let detector: String
    let argument: String
    /// x, y, width, height, and where the reference gives them score and landmarks.
    let faces: [[Double]]
    var description: String { "\(picture), \(detector) \(argument)" }
  }

  private struct File: Decodable {
    let pictures: [Recipe]
    let cases: [Case]
  }

  let recipes: [Recipe]
  let cases: [Case]
  private(set) var images: [String: Image] = [:]

  static let golden = Locations.root.appendingPathComponent("Tests/AviaryPluginsTests/Faces/faces.json")

  init(photos: URL) throws {
    let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: Self.golden))
    recipes = file.pictures
    cases = file.cases
    var originals: [String: Image] = [:]
    for recipe in recipes {
      let original =
        try originals[recipe.photo] ?? Image(contentsOf: photos.appendingPathComponent(recipe.photo).path)
      originals[recipe.photo] = original
      var image = original
      for step in recipe.steps { image = try apply(step, to: image) }
      images[recipe.name] = image
    }
  }

  private func apply(_ step: [StepValue], to image: Image) throws -> Image {
    func integer(_ index: Int) -> Int { step[index].integer }
    switch step[0].text {
    case "crop":
      return try image.cropped(
        to: DetectedFace(
          x: step[1].number, y: step[2].number, width: step[3].number, height: step[4].number, score: 1))
    case "resize": return try image.resized(width: integer(1), height: integer(2), kernel: .bilinear)
    case "mirror": return image.mirrored
    case "brightness": return image.brightened(by: step[1].number)
    case "turn": return image.turned(cosine: step[1].number, sine: step[2].number)
    case "grey": return image.converted(to: .grey)
    case "noise":
      var state = UInt32(integer(1))
      let amplitude = UInt32(integer(2))
      return image.adding {
        state = state &* 1_664_525 &+ 1_013_904_223
        return Double((state >> 16) % (2 * amplitude + 1)) - Double(amplitude)
      }
    case "paste":
      guard let other = images[step[1].text] else { throw HarnessProblem("no picture \(step[1].text)") }
      return image.pasting(other, x: integer(2), y: integer(3))
    default: throw HarnessProblem("unknown step \(step[0].text)")
    }
  }
}

struct HarnessProblem: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

extension Image {
  /// About the centre, the nearest pixel, black outside.
  fileprivate func turned(cosine: Double, sine: Double) -> Image {
    var result = [UInt8](repeating: 0, count: samples.count)
    for y in 0..<height {
      for x in 0..<width {
        let u = Double(x) + 0.5 - Double(width) / 2
        let v = Double(y) + 0.5 - Double(height) / 2
        let left = Int((u * cosine - v * sine + Double(width) / 2).rounded(.down))
        let top = Int((u * sine + v * cosine + Double(height) / 2).rounded(.down))
        guard (0..<width).contains(left), (0..<height).contains(top) else { continue }
        for channel in 0..<channels {
          result[(y * width + x) * channels + channel] = samples[(top * width + left) * channels + channel]
        }
      }
    }
    return Image(width: width, height: height, color: color, samples: result) ?? self
  }

  fileprivate func pasting(_ other: Image, x: Int, y: Int) -> Image {
    var result = samples
    for row in 0..<other.height {
      let from = row * other.width * channels
      let to = ((y + row) * width + x) * channels
      result.replaceSubrange(
        to..<to + other.width * channels, with: other.samples[from..<from + other.width * channels])
    }
    return Image(width: width, height: height, color: color, samples: result) ?? self
  }

  /// Adler-32 (RFC 1950) of the samples.
  var checksum: UInt32 {
    var (a, b) = (UInt32(1), UInt32(0))
    for sample in samples {
      a = (a + UInt32(sample)) % 65521
      b = (b + a) % 65521
    }
    return b << 16 | a
  }
}
