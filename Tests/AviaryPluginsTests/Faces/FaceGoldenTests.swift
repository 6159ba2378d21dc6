import Aviary
import Foundation
import TestSupport
import Testing

/// Detectors against the implementations that they follow (make_faces.py).
@Suite struct FaceGoldenTests {
  static let cascades = "/usr/share/opencv4/haarcascades"

  /// `nil`, with a line that says so, where the photos and weights are not here.
  static let pictures: FacePictures? = {
    guard let shared = Locations.shared else {
      print("face detectors: the golden boxes were not compared: AVIARY_SHARED has the photos")
      return nil
    }
    return try? FacePictures(photos: shared.appendingPathComponent("data/photos"))
  }()

  private func detector(_ kind: String, _ argument: String) throws -> (any FaceDetector)? {
    let registry = try BuiltinPlugins.registry()
    guard let shared = Locations.shared else { return nil }
    let weights = shared.appendingPathComponent("models/face").path
    switch kind {
    case "haar":
      guard FileManager.default.fileExists(atPath: Self.cascades) else {
        print("haar: not compared: opencv-data is not installed")
        return nil
      }
      let parts = argument.split(separator: ",", maxSplits: 1)
      return try registry.detector("haar:\(Self.cascades)/haarcascade_\(parts[0]).xml,\(parts[1]),side=0")
    case "ultraface": return try registry.detector("ultraface:\(weights)")
    default: return try registry.detector("\(kind):\(weights),\(argument),side=0")
    }
  }

  @Test func picturesAreThoseOfTheReference() throws {
    guard let pictures = Self.pictures else { return }
    for recipe in pictures.recipes {
      let image = try #require(pictures.images[recipe.name])
      #expect(image.width == recipe.width && image.height == recipe.height, "\(recipe.name)")
      #expect(image.checksum == recipe.checksum, "\(recipe.name)")
    }
  }

  /// As many faces, each with a counterpart: IoU at least 0.95 for networks, 0.8 for cascades.
  @Test(arguments: ["yunet", "ultraface", "mtcnn", "haar"])
  func facesAreThoseOfTheReference(_ kind: String) throws {
    guard let pictures = Self.pictures else { return }
    let cases = pictures.cases.filter { $0.detector == kind }
    #expect(cases.count >= 30)
    var opened: [String: any FaceDetector] = [:]
    var worst = 1.0
    for golden in cases {
      guard let detector = try opened[golden.argument] ?? detector(kind, golden.argument) else { return }
      opened[golden.argument] = detector
      let image = try #require(pictures.images[golden.picture])
      let found = try detector.detect(image)
      #expect(found.count == golden.faces.count, "\(golden): \(found.map(\.short))")
      var left = found
      for wanted in golden.faces {
        let box = DetectedFace(x: wanted[0], y: wanted[1], width: wanted[2], height: wanted[3], score: 1)
        guard let best = left.indices.max(by: { left[$0].overlap(box) < left[$1].overlap(box) }) else {
          break
        }
        let overlap = left[best].overlap(box)
        worst = min(worst, overlap)
        #expect(
          overlap >= (kind == "haar" ? 0.8 : 0.95), "\(golden): \(wanted.prefix(5)) is \(left[best].short)")
        if wanted.count == 15, overlap >= 0.95 { checkLandmarks(left[best], wanted, golden) }
        left.remove(at: best)
      }
      #expect(
        zip(found, found.dropFirst()).allSatisfy { $0.score >= $1.score }, "\(golden): the surest first")
      #expect(found.allSatisfy { $0.problem == nil }, "\(golden)")
    }
    print("\(kind): \(cases.count) pictures, smallest IoU \(worst)")
  }

  /// Scores and landmarks, which references give besides boxes.
  private func checkLandmarks(_ face: DetectedFace, _ wanted: [Double], _ golden: FacePictures.Case) {
    #expect(abs(face.score - wanted[4]) < 0.01, "\(golden): score \(face.score), not \(wanted[4])")
    #expect(face.landmarks.count == 5)
    for (index, point) in face.landmarks.enumerated() {
      let distance = max(abs(point.x - wanted[5 + 2 * index]), abs(point.y - wanted[6 + 2 * index]))
      #expect(distance < 0.02 * face.width + 0.5, "\(golden): landmark \(index) is \(distance) pixels off")
    }
  }

  /// Large photos are searched smaller, and the box comes back in their own pixels.
  @Test(arguments: ["yunet", "ultraface", "mtcnn", "haar"])
  func largePhotosAreScaledDown(_ kind: String) throws {
    guard let photo = Self.pictures?.images["astronaut"] else { return }
    let large = try photo.resized(width: 3000, height: 3000, kernel: .bicubic)
    let registry = try BuiltinPlugins.registry()
    let weights = Locations.shared?.appendingPathComponent("models/face").path ?? ""
    let detector =
      kind == "haar"
      ? try registry.detector("haar:default,min=60") : try registry.detector("\(kind):\(weights)")
    let faces = try detector.detect(large)
    let known = DetectedFace(x: 180, y: 70, width: 90, height: 115, score: 1)
    let scaled = DetectedFace(
      x: known.x * 3000 / 512, y: known.y * 3000 / 512, width: known.width * 3000 / 512,
      height: known.height * 3000 / 512, score: 1)
    #expect(faces.contains { $0.overlap(scaled) > 0.5 }, "\(faces.map(\.short))")
  }

  /// One detector for many threads at once, with the same answers.
  @Test(arguments: ["yunet", "mtcnn", "haar"])
  func threadsShareADetector(_ kind: String) async throws {
    guard let photo = Self.pictures?.images["solvay"] else { return }
    let weights = Locations.shared?.appendingPathComponent("models/face").path ?? ""
    let registry = try BuiltinPlugins.registry()
    let detector = try registry.detector(kind == "haar" ? "haar" : "\(kind):\(weights)")
    let expected = try detector.detect(photo)
    try await withThrowingTaskGroup(of: [DetectedFace].self) { group in
      for _ in 0..<6 { group.addTask { try detector.detect(photo) } }
      for try await faces in group { #expect(faces == expected) }
    }
  }

  @Test(arguments: ["yunet", "ultraface", "mtcnn", "haar"])
  func tinyPicturesHaveNoFaces(_ kind: String) throws {
    guard Self.pictures != nil else { return }
    let weights = Locations.shared?.appendingPathComponent("models/face").path ?? ""
    let registry = try BuiltinPlugins.registry()
    let detector = try registry.detector(kind == "haar" ? "haar" : "\(kind):\(weights)")
    for (width, height, color) in [(1, 1, Image.Color.grey), (1, 300, .rgb), (300, 1, .grey), (24, 24, .rgb)]
    {
      let samples = [UInt8](repeating: 90, count: width * height * color.channels)
      let image = try #require(Image(width: width, height: height, color: color, samples: samples))
      #expect(try detector.detect(image).isEmpty, "\(width) x \(height)")
    }
  }
}

extension DetectedFace {
  var short: String { "\(Int(x)),\(Int(y)) \(Int(width))x\(Int(height)) \(score)" }
}
