import Aviary
import AviaryEvaluation
import AviaryImage
import AviaryPlugins
import FER2013
import Foundation
import Testing

@Suite struct FER2013Tests {
  let registry: PluginRegistry
  let place: TemporaryFolder

  init() throws {
    registry = try BuiltinPlugins.registry()
    place = try TemporaryFolder()
  }

  private func open(_ path: String = "", _ split: String? = nil, skip: Bool = false) throws -> Dataset {
    try registry.open("fer2013:\(place.path)\(path)", split: split, options: DatasetOptions(skipBad: skip))
  }

  // MARK: Folders

  @Test(arguments: [false, true]) func folders(_ packed: Bool) throws {
    try place.write(["train/angry/Training_1.jpg", "train/sad/Training_2.jpg"], .grey)
    try place.write(["test/anger/PublicTest_3.jpg", "test/neutral/PrivateTest_1.jpg"], .color)
    try place.write(["test/anger/PrivateTest_2.jpg"], .palette)
    if packed { try place.pack("train.tar", ["train"]) }
    let provider = try registry.dataset("fer2013")
    let splits = try provider.splits(path: place.path, options: DatasetOptions())
    #expect(splits.map(\.name) == ["train", "public", "private", "test"])
    #expect(splits.last?.parts == ["public", "private"])

    let test = try open()
    #expect(test.split == "test")
    #expect(test.classes == ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"])
    #expect(
      test.ids == [
        "test/anger/PrivateTest_2.jpg", "test/anger/PublicTest_3.jpg", "test/neutral/PrivateTest_1.jpg",
      ])
    #expect(test.counts == [2, 0, 0, 0, 0, 0, 1])
    #expect(try open("", "public").ids == ["test/anger/PublicTest_3.jpg"])
    #expect(try open("", "PrivateTest").samples.count == 2)
    let train = try open("", "train")
    #expect(train.labels == ["train/angry/Training_1.jpg": "angry", "train/sad/Training_2.jpg": "sad"])
    #expect(try train.image(1) == Picture.grey.image())
  }

  @Test func oneArchive() throws {
    try place.write(["train/angry/Training_1.jpg", "test/sad/PublicTest_2.jpg"], .grey)
    try place.pack("fer.tar", ["train", "test"])
    #expect(try open("/fer.tar", "public").ids == ["test/sad/PublicTest_2.jpg"])
    #expect(try open("/fer.tar", "train").image(0) == Picture.grey.image())
  }

  @Test func testFilesThatNameNoHalf() throws {
    try place.write(["test/angry/1.jpg", "test/angry/PublicTest_2.jpg"], .grey)
    #expect(try open().samples.count == 2)
    #expect(throws: DatasetError.self) { try open("", "public") }
    #expect(throws: DatasetError.self) { try open("", "train") }
  }

  // MARK: CSV

  /// 2,304 values by a formula, and the picture that they are.
  private func pixels(_ seed: Int) throws -> (text: String, image: Image) {
    let values = (0..<2304).map { UInt8(($0 * 7 + seed * 31) % 256) }
    let text = values.map(String.init).joined(separator: " ")
    return (text, try #require(Image(width: 48, height: 48, color: .grey, samples: values)))
  }

  @Test(arguments: [
    ("emotion,pixels,Usage", "E,P,U", "\n"), ("emotion, Usage, pixels", "E, U, P", "\r\n"),
    ("\u{FEFF}emotion,pixels,Usage", "E,\"P\",\"U\"", "\n"),
  ])
  func table(_ header: String, _ row: String, _ end: String) throws {
    let rows = [(0, "Training"), (6, "PublicTest"), (3, "PrivateTest"), (4, "PublicTest"), (1, "Training")]
    var text = header + end
    for (number, (emotion, usage)) in rows.enumerated() {
      let line = row.replacingOccurrences(of: "E", with: "\(emotion)")
        .replacingOccurrences(of: "P", with: "@").replacingOccurrences(of: "U", with: usage)
      // The pixels go in last: "PublicTest" has a P too.
      text += line.replacingOccurrences(of: "@ublic", with: "Public")
        .replacingOccurrences(of: "@rivate", with: "Private")
        .replacingOccurrences(of: "@", with: try pixels(number).text) + end
    }
    try place.write("fer2013.csv", text)
    let test = try open()
    #expect(test.ids == ["fer2013.csv:3", "fer2013.csv:4", "fer2013.csv:5"])
    #expect(test.samples.map { test.classes[$0.label] } == ["neutral", "happy", "sad"])
    #expect(try test.image(0) == pixels(1).image)
    #expect(try test.image(2) == pixels(3).image)
    let train = try open("/fer2013.csv", "train")
    #expect(train.ids == ["fer2013.csv:2", "fer2013.csv:6"])
    #expect(try train.image(1) == pixels(4).image)
    #expect(try open("", "private").ids == ["fer2013.csv:4"])
    #expect(test.options.skipBad == false)
  }

  @Test func aTableWithoutUsageIsForTraining() throws {
    try place.write("fer2013.csv", "emotion,pixels\n2,\(try pixels(1).text)\n")
    #expect(try open("", "train").counts == [0, 0, 1, 0, 0, 0, 0])
    #expect(throws: DatasetError.self) { try open("", "test") }
  }

  @Test(arguments: ["7", "-1", "x", "", "00000000000000000000000000000001"])
  func labelsThatAreNone(_ label: String) throws {
    let good = try pixels(0).text
    let rows = "0,\(good),PublicTest\n\(label),\(good),PublicTest\n"
    try place.write("fer2013.csv", "emotion,pixels,Usage\n" + rows)
    let error = #expect(throws: DatasetError.self) { try open() }
    #expect(error?.description.contains("fer2013.csv:3") == true, "\(String(describing: error))")
    let data = try open("", nil, skip: true)
    #expect(data.samples.count == 1 && data.skipped.count == 1)
  }

  @Test func linesThatAreNone() throws {
    let good = try pixels(0).text
    for line in ["0,\(good)", "0,\(good),Testing", "0,\"\(good),PublicTest"] {
      try place.write("fer2013.csv", "emotion,pixels,Usage\n0,\(good),PublicTest\n\n\(line)\n")
      let error = #expect(throws: DatasetError.self) { try open() }
      #expect(error?.description.contains("fer2013.csv:4") == true, "\(String(describing: error))")
    }
    for text in ["", "a,b,c\n", String(repeating: "0", count: 3 << 20)] {
      try place.write("fer2013.csv", text)
      #expect(throws: DatasetError.self) { try open("", "test", skip: true) }
    }
  }

  @Test func pixelsThatAreNone() throws {
    let good = try pixels(0).text
    let bad: [(String, String)] = [
      (String(good.dropLast(4)), "has 230"), (good + " 1", "has 2305"), ("", "has 0"),
      (good.replacingOccurrences(of: " 14 ", with: " 256 "), "'256'"),
      (good.replacingOccurrences(of: " 14 ", with: " -4 "), "'-4'"),
      (good.replacingOccurrences(of: " 14 ", with: " 99999999999999999999 "), "'99999999999999999999'"),
      (good.replacingOccurrences(of: " 14 ", with: " 1.5 "), "'1.5'"),
    ]
    for (text, problem) in bad {
      try place.write("fer2013.csv", "emotion,pixels,Usage\n0,\(good),PublicTest\n1,\(text),PublicTest\n")
      let data = try open()
      #expect(try data.image(0).samples.count == 2304)
      let error = #expect(throws: DatasetError.self) { try data.image(1) }
      #expect(error?.description.contains("fer2013.csv:3") == true)
      #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
      var read = 0
      #expect(try open("", nil, skip: true).forEachImage { _, _ in read += 1 }.count == 1)
      #expect(read == 1)
    }
  }
}
