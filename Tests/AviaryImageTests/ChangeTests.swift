import Foundation
import TestSupport
import Testing

@testable import AviaryImage

/// Against NumPy, SciPy and Pillow (make_changes.py).
@Suite struct ChangeTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let height, width, channels: Int
    let samples: Data
    let changes: [String: Data]

    var testDescription: String { "\(width)x\(height), \(channels) channel(s)" }

    func image() throws -> Image {
      try #require(
        Image(width: width, height: height, color: channels == 1 ? .grey : .rgb, samples: Array(samples)))
    }
  }

  static let cases: [Case] = {
    let file = Locations.root.appendingPathComponent("Tests/AviaryImageTests/changes.json")
    guard let data = try? Data(contentsOf: file),
      let cases = try? JSONDecoder().decode([Case].self, from: data)
    else { preconditionFailure("\(file.path) cannot be read; run make_changes.py") }
    return cases
  }()

  @Test(arguments: cases)
  func equalThePeers(_ one: Case) throws {
    let image = try one.image()
    let made: [String: Image] = [
      "mirror": image.mirrored, "brighter": image.brightened(by: 1.4), "darker": image.brightened(by: 0.6),
      "contrast": image.contrasted(by: 0.5), "blur": image.blurred(sigma: 1.3),
      "covered": image.covered(x: 3, y: 2, width: 6, height: 3), "coarse": try image.coarsened(by: 2),
      "jpeg": try image.asJPEG(quality: 20),
    ]
    #expect(Set(made.keys) == Set(one.changes.keys))
    for (name, result) in made {
      let expected = try #require(one.changes[name])
      #expect(result.width == one.width && result.height == one.height)
      // A sum in another order may round a half the other way.
      let worst = zip(result.samples, expected).map { abs(Int($0) - Int($1)) }.max() ?? 255
      #expect(worst <= (["blur", "contrast"].contains(name) ? 1 : 0), "\(name): off by \(worst)")
      let same = zip(result.samples, expected).count { $0 == $1 }
      #expect(same * 100 >= 99 * expected.count, "\(name): \(same) of \(expected.count)")
    }
  }

  @Test func edgesOfTheirRange() throws {
    let image = try #require(Image(width: 2, height: 1, color: .grey, samples: [0, 255]))
    #expect(image.brightened(by: 1e300).samples == [0, 255])
    #expect(image.brightened(by: .nan).samples == [0, 0])
    #expect(image.adding { -.infinity }.samples == [0, 0])
    #expect(image.blurred(sigma: 0) == image)
    #expect(image.covered(x: -5, y: -5, width: 100, height: 100).samples == [127, 127])
    #expect(image.covered(x: 2, y: 0, width: 3, height: 1) == image)
    #expect(throws: ImageError.Reason.self) { try image.coarsened(by: 0) }
    #expect(throws: ImageError.Reason.self) { try image.coarsened(by: .nan) }
    #expect(try image.coarsened(by: 1e9).width == 2)
    // Qualities beyond the scale are the nearest one on it.
    #expect(try image.asJPEG(quality: -3) == image.asJPEG(quality: 1))
  }
}
