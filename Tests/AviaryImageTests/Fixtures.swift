import Foundation
import TestSupport

@testable import AviaryImage

/// The files that `make_fixtures.py` wrote.
enum Fixtures {
  static let folder = Locations.root.appendingPathComponent("Tests/AviaryImageTests/Fixtures")

  static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  static func bytes(_ name: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: folder.appendingPathComponent(name)))
  }

  static func json<Value: Decodable>(_ name: String, as _: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(contentsOf: folder.appendingPathComponent(name)))
  }

  /// All picture files, sorted.
  static let pictures: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.hasSuffix(".png") || $0.hasSuffix(".jpg") }.sorted()
}

struct Samples: Decodable {
  var width: Int
  var height: Int
  var color: String
  var samples: Data

  func image() throws -> Image {
    guard let color = Image.Color(rawValue: color),
      let image = Image(width: width, height: height, color: color, samples: [UInt8](samples))
    else { throw CocoaError(.coderInvalidValue) }
    return image
  }
}

extension Data {
  /// Little-endian float32.
  var floats: [Float] {
    let bytes = [UInt8](self)
    return stride(from: 0, to: bytes.count - 3, by: 4).map { at in
      Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[at + $1]) << (8 * UInt32($1)) })
    }
  }
}

/// The largest absolute difference; infinite where the counts differ or a value is not a number.
func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).reduce(0) { largest, pair in
    let difference = abs(pair.0 - pair.1)
    return difference.isNaN ? .infinity : max(largest, difference)
  }
}
