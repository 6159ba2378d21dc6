import Aviary
import AviaryEvaluation
import AviaryImage
import AviaryZoo
import Foundation
import TestSupport
import Testing

@Suite struct DataInfoTests {
  @Test func smallSet() throws {
    let place = try TemporaryFolder()
    try place.write(["train/happy/1.jpg", "train/happy/2.jpg", "train/sad/1.jpg"], .grey)
    try place.write(["train/fear/9.jpg"], .color)
    try place.write(["test/happy/PublicTest_1.jpg", "test/fear/PrivateTest_1.jpg"], .grey)
    try place.write(["test/fear/PrivateTest_2.jpg", "test/fear/PublicTest_2.jpg"], .palette)
    let provider = try BuiltinPlugins.registry().dataset("fer2013")
    var ticks: [Int] = []
    let info = try DataInfo(provider, path: place.path) { done, total in
      #expect(total == 8)
      ticks.append(done)
    }
    #expect(ticks == Array(1...8))
    #expect(info.splits.map(\.name) == ["train", "public", "private", "test"])
    #expect(info.splits.map(\.samples) == [4, 2, 2, 4])
    #expect(info.splits.map(\.distinct) == [2, 2, 2, 2])
    #expect(info.splits[3].counts == [0, 0, 3, 1, 0, 0, 0])
    func overlap(_ first: String, _ second: String) -> [Int]? {
      info.overlaps.first { $0.first == first && $0.second == second }
        .map { [$0.firstSamples, $0.secondSamples, $0.contradictory] }
    }
    // Three grey pictures of the training set, happy twice and sad once, are in each half.
    #expect(overlap("train", "test") == [3, 2, 1])
    #expect(overlap("train", "public") == [3, 1, 0])
    #expect(overlap("public", "private") == [2, 2, 1])
    #expect(overlap("public", "test") == nil)
    #expect(info.contradictions.count == 1)
    #expect(info.contradictions.first?.labels == ["happy", "happy", "sad", "happy", "fear"])

    try place.write("train/sad/2.jpg", "broken")
    #expect(throws: DatasetError.self) { try DataInfo(provider, path: place.path) }
    let skipping = try DataInfo(provider, path: place.path, options: .skipping)
    #expect(skipping.splits[0].samples == 4 && skipping.splits[0].bad.count == 1)
  }

  /// Pictures in memory: `train` holds the first, `test` the second.
  private struct Pair: DatasetProvider {
    let images: [Image]
    var kind: String { "pair" }
    var summary: String { "" }

    struct Content: SampleContent {
      let stored: Image
      func bytes() -> [UInt8] { stored.samples }
      func image(_: DecodeOptions) -> Image { stored }
    }

    func splits(path: String, options: DatasetOptions) -> [DatasetSplit] {
      ["train", "test"].map { DatasetSplit($0) }
    }

    func open(path: String, split: String, options: DatasetOptions) -> Dataset {
      let image = images[split == "train" ? 0 : 1]
      return Dataset(
        kind: kind, path: path, split: split, classes: ["only"],
        samples: [Sample(id: split, label: 0, content: Content(stored: image))])
    }
  }

  @Test func colorlessColorIsGrey() throws {
    let grey = try Picture.grey.image(), color = try Picture.color.image()
    func shared(_ first: Image, _ second: Image) throws -> Int? {
      try DataInfo(Pair(images: [first, second]), path: "").overlaps.first?.secondSamples
    }
    #expect(try shared(grey, grey.converted(to: .rgb)) == 1)
    #expect(try shared(color, color) == 1)
    #expect(try shared(color, color.converted(to: .grey)) == 0)
    #expect(try shared(grey, grey.resized(width: 29, height: 37, kernel: .nearest)) == 0)
  }

  /// The figures that are known of FER2013.
  @Test func fer2013() throws {
    guard let shared = Locations.shared else {
      print("not run: the FER2013 figures (no shared data)")
      return
    }
    let provider = try BuiltinPlugins.registry().dataset("fer2013")
    let info = try DataInfo(provider, path: shared.appendingPathComponent("data/fer2013").path)
    #expect(info.classes == ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"])
    let train = try #require(info.splits.first { $0.name == "train" })
    #expect(train.samples == 28_709)
    #expect(train.counts == [3995, 436, 4097, 7215, 4830, 3171, 4965])
    #expect(info.splits.filter { ["public", "private"].contains($0.name) }.map(\.samples) == [3589, 3589])
    let test = try #require(info.splits.first { $0.name == "test" })
    #expect(test.samples == 7178)
    #expect(test.counts == [958, 111, 1024, 1774, 1247, 831, 1233])
    #expect(test.distinct == 7092)
    let overlap = try #require(info.overlaps.first { $0.first == "train" && $0.second == "test" })
    #expect(overlap.firstSamples == 703)
    #expect(overlap.secondSamples == 568)
    #expect(overlap.contradictory == 16)
  }

  /// Every pixel of the 7,178 test images as Pillow decodes it.
  @Test func fer2013PixelsEqualPillow() throws {
    guard let shared = Locations.shared, let python = Locations.python else {
      print("not run: FER2013's pixels against Pillow (no shared data, or no Python)")
      return
    }
    let path = shared.appendingPathComponent("data/fer2013").path
    let data = try BuiltinPlugins.registry().open("fer2013:\(path)", split: "test")
    let hash = SHA256()
    _ = try data.forEachImage { _, image in
      image.samples.withUnsafeBytes { hash.update(bufferPointer: $0) }
    }
    let ours = hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()

    let script = """
      import glob, hashlib, sys
      from PIL import Image
      h = hashlib.sha256()
      for f in sorted(glob.glob(sys.argv[1] + "/test/*/*.jpg")):
        h.update(Image.open(f).convert("L").tobytes())
      print(h.hexdigest())
      """
    let process = Process(), output = Pipe()
    process.executableURL = python
    process.arguments = ["-c", script, path]
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(text.split(separator: "\n").first.map(String.init) == ours)
  }
}
