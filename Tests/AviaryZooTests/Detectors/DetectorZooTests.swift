import Aviary
import Foundation
import TestSupport
import Testing

/// Face detectors in a zoo: described, not held.
@Suite struct DetectorZooTests {
  /// Two networks that any session loads stand for a detector's.
  private struct Place {
    let scratch: Scratch
    /// The files where others keep them.
    let source: Scratch
    var zoo: ZooIndex { ZooIndex(path: scratch.path) }

    init(command: Bool = false) throws {
      scratch = try Scratch()
      source = try Scratch()
      var entries: [String] = []
      for (role, fixture) in [("pnet", "softmax"), ("rnet", "logits")] {
        let data = try Data(contentsOf: ManifestTests.fixtures.appendingPathComponent("\(fixture).onnx"))
        let path = try source.file("\(role) as others call it", data)
        let digest = try FileDigest(contentsOf: path)
        // The name holds spaces, as addresses do not.
        let address = command ? "" : #", "url": "file://\#(path.replacingOccurrences(of: " ", with: "%20"))""#
        entries.append(
          #""\#(role)": {"path": "\#(role).onnx", "sha256": "\#(digest.sha256)", "bytes": \#(digest.bytes)\#(address)}"#)
      }
      let maker =
        #""framework": "none", "exporter": "none""#
        + (command ? #", "command": "python recipes/make.py cascade""# : "")
      try scratch.file(
        "face-cascade/model.json",
        #"""
        {"schema": 1, "id": "face-cascade", "name": "A cascade", "task": "face-detection", "detector": "cascade",
         "license": "MIT", "files": {\#(entries.joined(separator: ", "))}, "source": {\#(maker)}}
        """#)
    }

    func pull(from folder: String? = nil) throws -> ZooPull.Outcome {
      let cache = try Scratch()
      let pull = try ZooPull(zoo, downloader: Downloader(folder: cache.path), from: folder)
      return try pull.pull(pull.item("face-cascade"))
    }

    func files() throws -> [String: String] { try DetectorWeights.files(for: "cascade", zoo: scratch.path) }
  }

  @Test func shippedDetectors() throws {
    let zoo = ZooIndex(path: Shipped.zoo.path)
    let manifests = try zoo.detectors.map { try $0.manifest.get() }
    #expect(manifests.map(\.detector) == ["mtcnn", "ultraface", "yunet"])
    #expect(Set(manifests[0].files.keys) == ["pnet", "rnet", "onet"])
    // They are no classifiers: nothing that takes all models may meet them.
    #expect(zoo.entries.allSatisfy { !$0.id.hasPrefix("face-") })
    #expect(zoo.ids.contains("face-mtcnn"))
    let error = #expect(throws: ZooError.self) { try ModelReference("face-mtcnn", zoo: zoo.path) }
    #expect(error?.description.contains("--detector mtcnn") == true)
  }

  @Test func absentThenPulledThenChanged() throws {
    let place = try Place()
    let entry = try #require(place.zoo.detector("face-cascade"))
    #expect(!entry.hasFiles)
    let missing = #expect(throws: ZooError.self) { try place.files() }
    #expect(missing?.description.contains("'aviary zoo pull face-cascade' gets it") == true)
    let absent = ZooVerifier(place.zoo).verify(entry, needsFiles: false)
    #expect(absent.passed && absent.checks.map(\.outcome) == [.passed, .unchecked, .unchecked])
    #expect(!ZooVerifier(place.zoo).verify(entry).passed)

    #expect(try place.pull() == .fetched)
    #expect(try place.pull() == .present)
    #expect(entry.hasFiles)
    let files = try place.files()
    #expect(files.mapValues { ($0 as NSString).lastPathComponent } == ["pnet": "pnet.onnx", "rnet": "rnet.onnx"])
    #expect(ZooVerifier(place.zoo).verify(entry).checks.map(\.outcome) == [.passed, .passed, .passed])

    let path = try #require(files["rnet"])
    var data = try Data(contentsOf: URL(fileURLWithPath: path))
    data[10] ^= 1
    try data.write(to: URL(fileURLWithPath: path))
    let changed = #expect(throws: ZooError.self) { try place.files() }
    #expect(changed?.description.contains("is not the file that its manifest describes") == true)
    #expect(!ZooVerifier(place.zoo).verify(entry, needsFiles: false).passed)
    // Pulled again it is right again, and the other file was not touched.
    #expect(try place.pull() == .fetched)
    #expect(try place.files() == files)
  }

  @Test func filesThatAreHereAlready() throws {
    let place = try Place(command: true)
    #expect(try place.pull() == .recipe)
    let missing = #expect(throws: ZooError.self) { try place.files() }
    #expect(missing?.description.contains("'python recipes/make.py cascade'") == true)
    // Found by their bytes, whatever they are called; they stay where they were.
    try place.source.file("pnet.onnx", "another file of a fitting name")
    let before = place.source.contents
    #expect(try place.pull(from: place.source.path) == .fetched)
    #expect(place.source.contents == before)
    #expect(try place.files().count == 2)
    let elsewhere = try Scratch()
    #expect(try Place(command: true).pull(from: elsewhere.path) == .recipe)
  }

  @Test func listedInTheIndex() throws {
    let place = try Place()
    let summary = try ZooSummary(place.zoo)
    #expect(summary.models.isEmpty)
    #expect(summary.detectors?.map(\.id) == ["face-cascade"])
    #expect(summary.detectors?.first?.files.keys.sorted() == ["pnet", "rnet"])
    #expect(try JSONDecoder().decode(ZooSummary.self, from: Data(summary.text().utf8)) == summary)
    try ZooEditor(place.zoo).remove("face-cascade")
    #expect(place.zoo.ids.isEmpty)
  }

  /// (part of the manifest, what instead, what the error must name)
  static let faults = [
    (#""detector": "cascade","#, "", "detector"), (#""detector": "cascade""#, #""detector": "Big One""#, "detector"),
    ("pnet.onnx", "../pnet.onnx", "files.pnet.path"), ("rnet.onnx", "pnet.onnx", "in two roles"),
    (#""sha256": ""#, #""sha256": "X"#, "sha256"), (#""id": "face-cascade""#, #""id": "other""#, "its folder"),
    (#""license": "MIT","#, #""license": "MIT", "golden": "g.json","#, "golden"),
    ("A cascade", #"A \u001b[2Jcascade"#, "name has control characters"),
  ]

  @Test(arguments: faults)
  func faultyManifests(part: String, other: String, named: String) throws {
    let place = try Place()
    try VerifyTests.edit(place.scratch.url.appendingPathComponent("face-cascade/model.json"), part, other)
    let error = #expect(throws: ZooError.self) { try place.files() }
    #expect(error?.description.contains(named) == true, "\(error?.description ?? "")")
    #expect(error?.description.contains("\u{1B}") == false)
    let entry = try #require(place.zoo.detector("face-cascade"))
    #expect(!ZooVerifier(place.zoo).verify(entry).passed)
    #expect(throws: ZooError.self) { try ZooSummary(place.zoo) }
  }

  @Test func aDetectorThatNobodyDescribes() throws {
    let place = try Place()
    let error = #expect(throws: ZooError.self) { try DetectorWeights.files(for: "owl", zoo: place.scratch.path) }
    #expect(error?.description.contains("cascade") == true)
  }
}
