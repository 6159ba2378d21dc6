import Aviary
import Foundation
import TestSupport
import Testing

/// Finds what it is told to.
private struct Fixed: FaceDetector {
  let faces: [DetectedFace]
  func detect(_ image: Image) -> [DetectedFace] { faces }
}

@Suite struct FaceAnalyzerTests {
  private static let zoo = Locations.root.appendingPathComponent("Zoo").path

  private func model(_ id: String) throws -> Classifier { try Model("\(Self.zoo)/\(id)").classifier }

  private let image = Image(
    width: 100, height: 80, color: .grey, samples: (0..<8000).map { UInt8(truncatingIfNeeded: $0 &* 7) })

  @Test func everyModelAnswersForEveryFace() throws {
    let image = try #require(image)
    let faces = [(5.0, 0.9), (30.0, 0.7), (55.0, 0.2)].map {
      DetectedFace(x: $0.0, y: 10, width: 40, height: 40, score: $0.1)
    }
    let models = try [model("fer-cnn-bn"), model("fer-cnn-plain")]
    var options = FaceAnalyzer.Options()
    options.maximumFaces = 2
    let analyzer = FaceAnalyzer(
      detector: Fixed(faces: faces), named: "fixed", classifiers: models, options: options)
    let analysis = try analyzer.analyze(image)
    #expect(analysis.found == 3 && analysis.faces.map(\.box) == Array(faces.prefix(2)))
    #expect(analysis.detector == "fixed" && analysis.width == 100 && analysis.height == 80)
    for face in analysis.faces {
      #expect(face.answers.map(\.model) == ["fer-cnn-bn", "fer-cnn-plain"])
      for (answer, model) in zip(face.answers, models) {
        let crop = try image.face(face.box)
        let row = try #require(try model.classify([crop]).first)
        #expect(answer.scores.map(\.label) == model.contract.labels)
        #expect(zip(answer.scores, row).allSatisfy { abs($0.probability - $1) < 1e-5 })
        #expect(answer.label == answer.scores.max { $0.probability < $1.probability }?.label)
      }
    }
    options.minimumScore = 0.8
    let sure = FaceAnalyzer(
      detector: Fixed(faces: faces), named: "fixed", classifiers: models, options: options)
    #expect(try sure.analyze(image).found == 1)
  }

  @Test func noFaceIsAnAnswer() throws {
    let image = try #require(image)
    let analyzer = FaceAnalyzer(
      detector: Fixed(faces: []), named: "fixed", classifiers: [try model("fer-cnn-bn")])
    let analysis = try analyzer.analyze(image) { _, _ in
      Issue.record("no model is asked about no face")
      return []
    }
    #expect(analysis.faces.isEmpty && analysis.found == 0)
    let decoded = try JSONDecoder().decode(FaceAnalysis.self, from: JSONEncoder().encode(analysis))
    #expect(decoded.faces.isEmpty)
  }

  @Test func wrongAnswersAreTypedErrors() throws {
    let image = try #require(image)
    let face = DetectedFace(x: 0, y: 0, width: 50, height: 50, score: 1)
    let one = FaceAnalyzer(
      detector: Fixed(faces: [face]), named: "fixed", classifiers: [try model("fer-cnn-bn")])
    #expect(throws: ZooError.self) { try one.analyze(image) { _, _ in [] } }
    let broken = DetectedFace(x: .infinity, y: 0, width: 50, height: 50, score: 1)
    let two = FaceAnalyzer(detector: Fixed(faces: [broken]), named: "fixed", classifiers: [])
    #expect(throws: DetectionError.self) { try two.analyze(image) }
  }

  @Test func tracksFollowOverlaps() {
    func box(_ x: Double) -> DetectedFace { DetectedFace(x: x, y: 0, width: 10, height: 10, score: 1) }
    var tracker = FaceTracker()
    #expect(tracker.update([box(0), box(50)], at: 0) == [1, 2])
    // In another order, a little moved.
    #expect(tracker.update([box(51), box(2)], at: 0.1) == [2, 1])
    // One is new, one is gone.
    #expect(tracker.update([box(100), box(3)], at: 0.2) == [3, 1])
    // Back within its patience, of another place for two.
    #expect(tracker.update([box(52)], at: 0.5) == [2])
    #expect(tracker.update([box(53), box(54)], at: 0.6) == [2, 4])
    // Gone for too long.
    #expect(tracker.update([box(53)], at: 2) == [5])
    #expect(tracker.update([], at: 2.1).isEmpty)
  }

  @Test func overlapIsIntersectionOverUnion() {
    let a = DetectedFace(x: 0, y: 0, width: 10, height: 10, score: 1)
    #expect(a.overlap(a) == 1)
    #expect(a.overlap(DetectedFace(x: 5, y: 0, width: 10, height: 10, score: 1)) == 50.0 / 150)
    #expect(a.overlap(DetectedFace(x: 10, y: 0, width: 10, height: 10, score: 1)) == 0)
  }

  /// The mean of a constant rate is that of the differential equation, whatever the rate.
  @Test(arguments: [10.0, 25, 100])
  func smoothingDependsOnTimeAlone(_ rate: Double) {
    var smoother = ScoreSmoother(timeConstant: 0.5)
    #expect(smoother.update(track: 1, model: "m", scores: [0, 1], at: 0) == [0, 1])
    var last: [Float] = []
    for frame in 1...Int(rate) {
      last = smoother.update(track: 1, model: "m", scores: [1, 0], at: Double(frame) / rate)
    }
    #expect(abs(Double(last[0]) - (1 - exp(-2))) < 1e-4)
    #expect(smoother.update(track: 2, model: "m", scores: [1, 0], at: 1) == [1, 0])
    var none = ScoreSmoother(timeConstant: 0)
    _ = none.update(track: 1, model: "m", scores: [0], at: 0)
    #expect(none.update(track: 1, model: "m", scores: [1], at: 0.01) == [1])
  }
}
