import Foundation
import Testing

@testable import AviaryImage

@Suite struct ResizeTests {
  struct Case: Decodable {
    var source: String
    var width: Int
    var height: Int
    var kernel: ResampleKernel
    var antialias: Bool
    var samples: Data
  }
  struct Integers: Decodable {
    var sources: [String: Samples]
    var cases: [Case]
  }
  struct Crop: Decodable {
    var source: String
    var width: Int
    var height: Int
    var samples: Data
  }
  struct Floats: Decodable {
    var sources: [String: Samples]
    var cases: [Case]
    var crops: [Crop]
    var shortest: [[Int]]
  }

  /// Pillow for the antialiased kernels, the interpolation formula in numpy for the others.
  @Test func integersAreBitEqual() throws {
    let table: Integers = try Fixtures.json("resize.json")
    #expect(table.cases.count > 200)
    for item in table.cases {
      let source = try #require(table.sources[item.source]).image()
      let result = try source.resized(
        width: item.width, height: item.height, kernel: item.kernel, antialias: item.antialias)
      #expect(
        result.samples == [UInt8](item.samples),
        "\(item.source) to \(item.width) x \(item.height), \(item.kernel), antialias \(item.antialias)")
    }
  }

  /// torchvision on float tensors.
  @Test func floatsEqualTorchvision() throws {
    let table: Floats = try Fixtures.json("float.json")
    #expect(table.cases.count == 48)
    for item in table.cases {
      let source = try FloatImage(#require(table.sources[item.source]).image())
      let result = try source.resized(
        width: item.width, height: item.height, kernel: item.kernel, antialias: item.antialias)
      #expect(
        largestDifference(result.samples, item.samples.floats) < 1e-3,
        "\(item.source) to \(item.width) x \(item.height), \(item.kernel), antialias \(item.antialias)")
    }
  }

  @Test func cropsEqualTorchvision() throws {
    let table: Floats = try Fixtures.json("float.json")
    #expect(table.crops.count == 24)
    for item in table.crops {
      let source = try #require(table.sources[item.source]).image()
      let place = "\(item.source) to \(item.width) x \(item.height)"
      let expected = [UInt8](item.samples)
      #expect(
        try source.centerCropped(width: item.width, height: item.height).samples == expected, "\(place)")
      let floats = try FloatImage(source).centerCropped(width: item.width, height: item.height)
      #expect(floats.samples == expected.map(Float.init), "\(place)")
    }
  }

  @Test func shortestSideEqualsTorchvision() throws {
    let table: Floats = try Fixtures.json("float.json")
    #expect(table.shortest.count == 24)
    for row in table.shortest {
      let size = try PixelSize(width: row[0], height: row[1]).scaled(shortestSide: row[2])
      #expect(size == PixelSize(width: row[3], height: row[4]), "\(row)")
    }
  }

  @Test(arguments: [(0, 4), (4, 0), (-1, 4), (Int.max, Int.max), (1 << 30, 1 << 30), (1 << 21, 1)])
  func refusesSizes(_ width: Int, _ height: Int) throws {
    let image = try #require(Image(width: 2, height: 2, color: .grey, samples: [1, 2, 3, 4]))
    for kernel in ResampleKernel.allCases {
      #expect(throws: ImageError.Reason.self) {
        try image.resized(width: width, height: height, kernel: kernel)
      }
      #expect(throws: ImageError.Reason.self) {
        try FloatImage(image).resized(width: width, height: height, kernel: kernel)
      }
    }
  }

  @Test(arguments: [(0, 4), (4, -4), (Int.max, 2)]) func refusesCrops(_ width: Int, _ height: Int) throws {
    let image = try #require(Image(width: 2, height: 2, color: .grey, samples: [1, 2, 3, 4]))
    #expect(throws: ImageError.Reason.self) { try image.centerCropped(width: width, height: height) }
    #expect(throws: ImageError.Reason.self) {
      try PixelSize(width: width, height: height).scaled(shortestSide: Int.max)
    }
  }

  @Test func lanczosNeedsAntialiasing() throws {
    let image = try #require(Image(width: 2, height: 2, color: .grey, samples: [1, 2, 3, 4]))
    #expect(throws: ImageError.Reason.self) {
      try image.resized(width: 4, height: 4, kernel: .lanczos, antialias: false)
    }
  }

  @Test func imageChecksItsSamples() {
    #expect(Image(width: 2, height: 2, color: .rgb, samples: [1, 2, 3, 4]) == nil)
    #expect(Image(width: 0, height: 2, color: .rgb, samples: []) == nil)
    #expect(Image(width: Int.max, height: Int.max, color: .grey, samples: [1]) == nil)
  }
}
