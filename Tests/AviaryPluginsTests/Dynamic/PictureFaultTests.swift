import Aviary
import Testing

/// What steps, detectors and data sets of a plugin can answer that they must not.
@Suite struct PictureFaultTests {
  private let registry: PluginRegistry
  private let image: Image

  init() throws {
    registry = try PluginFixtures.faultyRegistry()
    image = try #require(Image(width: 4, height: 3, color: .rgb, samples: [UInt8](0..<36)))
  }

  private func contract(_ fault: String) throws -> Preprocessing {
    try Preprocessing(
      layout: .nhwc, width: 4, height: 3, channels: .rgb,
      steps: [.init("faulty-step", ["fault": .text(fault)])], scale: 1, mean: [0], std: [1]
    ).resolved(with: registry.steps)
  }

  @Test(arguments: [
    ("refuses", "no such picture"), ("makes nothing", "no picture"), ("negative", "-1 x 3"),
    ("channels", "4 channels"), ("huge", "limit"), ("twice", "twice"),
  ])
  func steps(_ fault: String, _ wanted: String) throws {
    let contract = try contract(fault)
    let error = #expect(throws: ImageError.Reason.self) { try contract(image) }
    guard case .step("faulty-step", let text) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(text.contains(wanted) && text.contains("plugin 'faulty'"), "\(text)")
  }

  @Test func withoutAFaultThePictureStays() throws {
    #expect(try contract("none")(image) == (0..<36).map { Float($0) })
  }

  @Test(arguments: [
    ("nan box", "not finite"), ("infinite box", "not finite"), ("empty box", "2.0 x 0.0"),
    ("far away", "away"), ("score", "1.5"), ("nan score", "not finite"), ("nan landmark", "not finite"),
    ("negative landmarks", "-1 landmarks"), ("many landmarks", "2147483647 landmarks"),
    ("null landmarks", "NULL"), ("small face", "8 bytes"), ("null face", "NULL"),
    ("endless faces", "100000"),
  ])
  func detectors(_ fault: String, _ wanted: String) throws {
    let detector = try registry.detector("faulty-detector:\(fault)")
    let error = #expect(throws: DetectionError.self) { try detector.detect(image) }
    #expect(error?.description.contains(wanted) == true, "\(String(describing: error))")
    #expect(error?.detector == "faulty-detector")
  }

  @Test func openingADetector() throws {
    #expect(throws: DetectionError.self) { try registry.detector("faulty-detector:refuses") }
    #expect(throws: DetectionError.self) { try registry.detector("no-such-detector") }
    let faces = try registry.detector("faulty-detector").detect(image)
    let mark = ImagePoint(x: 1, y: 2)
    #expect(faces == [DetectedFace(x: 1, y: 1, width: 2, height: 2, score: 0.5, landmarks: [mark])])
  }

  @Test(arguments: [
    ("refuses", "no such data"), ("negative classes", "class_count is -1"),
    ("many classes", "class_count is 2147483647"), ("null class", "NULL"), ("class is not utf8", "not UTF-8"),
    ("endless class", "no end"), ("empty class", "empty"), ("equal classes", "twice"),
    ("no splits", "split_count is 0"), ("null split", "NULL"), ("negative samples", "negative"),
    ("many samples", "9223372036854775807"), ("null id", "NULL"), ("id is not utf8", "not UTF-8"),
    ("negative label", "label of sample 0 is -1"), ("large label", "label of sample 0 is 2"),
    ("sample status", "status 9"), ("second sample refuses", "no label"),
  ])
  func dataSets(_ fault: String, _ wanted: String) throws {
    let error = #expect(throws: DatasetError.self) { try registry.open("faulty-data:\(fault)") }
    #expect(error?.description.contains(wanted) == true, "\(String(describing: error))")
    #expect(error?.description.contains("plugin 'faulty'") == true)
  }

  @Test(arguments: [
    ("image refuses", "is damaged"), ("no image", "no picture"), ("negative image", "-4 x 4"),
  ])
  func samples(_ fault: String, _ wanted: String) throws {
    let dataset = try registry.open("faulty-data:\(fault)")
    #expect(dataset.samples.count == 3)
    for body in [{ _ = try dataset.image(0) }, { _ = try dataset.contentHash() }] {
      let error = #expect(throws: DatasetError.self) { try body() }
      #expect(error?.description.contains(wanted) == true, "\(String(describing: error))")
    }
  }

  @Test func whatAPluginSaysOfASampleCanBeSkipped() throws {
    let dataset = try registry.open(
      "faulty-data:second sample refuses", options: DatasetOptions(skipBad: true))
    #expect(dataset.samples.count == 2)
    #expect(dataset.skipped.count == 1)
    // A broken plugin cannot be trusted with the rest.
    #expect(throws: DatasetError.self) {
      try registry.open("faulty-data:negative label", options: DatasetOptions(skipBad: true))
    }
  }
}
