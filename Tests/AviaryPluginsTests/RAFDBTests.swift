import Aviary
import AviaryEvaluation
import AviaryPlugins
import Foundation
import RAFDB
import Testing

@Suite struct RAFDBTests {
  let registry: PluginRegistry
  let place: TemporaryFolder
  var reference: String { "rafdb:\(place.path)" }

  init() throws {
    registry = try BuiltinPlugins.registry()
    place = try TemporaryFolder()
  }

  private let expected = [
    "1": "surprise", "2": "fear", "3": "disgust", "4": "happiness", "5": "sadness", "6": "anger",
    "7": "neutral",
  ]

  /// `DATASET/test/<number>/test_000<number>_aligned.jpg` and its table.
  private func writeFolders(table: Bool = true) throws {
    var lines = "image,label\n"
    for number in 1...7 {
      try place.write(["DATASET/test/\(number)/test_000\(number)_aligned.jpg"], .color)
      try place.write(["DATASET/train/\(number)/train_000\(number)_aligned.jpg"], .grey)
      lines += "test_000\(number)_aligned.jpg,\(number)\n"
    }
    if table { try place.write("test_labels.csv", lines) }
  }

  @Test(arguments: [true, false]) func numberedFolders(_ table: Bool) throws {
    try writeFolders(table: table)
    let data = try registry.open(reference)
    #expect(data.split == "test" && data.samples.count == 7)
    for (number, name) in expected {
      #expect(data.labels["test/\(number)/test_000\(number)_aligned.jpg"] == name)
    }
    #expect(try data.image(0) == Picture.color.image())
    #expect(try registry.open(reference, split: "train").samples.count == 7)
    #expect(throws: DatasetError.self) { try registry.open(reference, split: "validation") }
  }

  @Test func tableAndFolderMustAgree() throws {
    try writeFolders()
    try place.write(
      "test_labels.csv",
      """
      image,label\r
      test_0001_aligned.jpg,1\r
      test_0002_aligned.jpg,5\r
      test_0003_aligned.jpg,8\r
      "test_0004_aligned.jpg", 4\r
      test_0005_aligned.jpg\r
      test_0006_aligned.jpg,6\r
      test_0006_aligned.jpg,6\r
      gone.jpg,2\r
      """)
    let error = #expect(throws: DatasetError.self) { try registry.open(reference) }
    #expect(error?.description.contains("test_labels.csv:4") == true, "\(String(describing: error))")
    let data = try registry.open(reference, options: .skipping)
    #expect(data.labels.values.sorted() == ["anger", "happiness", "surprise"])
    let messages = data.skipped.map(\.description)
    // Lines 3, 4, 6, 8 and 9, and the files 3, 5 and 7 that no good line names.
    for text in ["csv:3: says 5 (sadness)", "csv:4: label '8'", "csv:6: has 1 fields", "csv:8: names",
      "csv:9: names gone.jpg", "test_0003_aligned.jpg: has no line", "test_0005_aligned.jpg: has no line",
      "test_0007_aligned.jpg: has no line"]
    {
      #expect(messages.contains { $0.contains(text) }, "\(text) in \(messages)")
    }
    #expect(messages.count == 8)
  }

  @Test func tablesWithoutFolders() throws {
    try place.write(["train/a.jpg", "train/b.jpg"], .grey)
    try place.write("train_labels.csv", "image,label\nb.jpg,7\na.jpg,6\n")
    let data = try registry.open(reference)
    #expect(data.split == "train")
    #expect(data.labels == ["train/a.jpg": "anger", "train/b.jpg": "neutral"])
    try place.write("train_labels.csv", "file,emotion\nb.jpg,7\n")
    #expect(throws: DatasetError.self) { try registry.open(reference, options: .skipping) }
  }

  @Test func theOriginalList() throws {
    try place.write(["basic/Image/aligned/train_00001_aligned.jpg"], .color)
    for number in 1...2 { try place.write(["basic/Image/aligned/test_000\(number)_aligned.jpg"], .grey) }
    let list = "basic/EmoLabel/list_patition_label.txt"
    try place.write(list, "train_00001.jpg 5\ntest_0001.jpg 4\ntest_0002.jpg 2\n")
    let data = try registry.open(reference)
    #expect(data.split == "test")
    #expect(
      data.labels == [
        "Image/aligned/test_0001_aligned.jpg": "happiness", "Image/aligned/test_0002_aligned.jpg": "fear",
      ])
    let train = try registry.open(reference, split: "train")
    #expect(train.labels == ["Image/aligned/train_00001_aligned.jpg": "sadness"])
    #expect(try train.image(0) == Picture.color.image())

    try place.write(list, "train_00001.jpg 5\ntest_0009.jpg 4\n")
    let error = #expect(throws: DatasetError.self) { try registry.open(reference, split: "train") }
    #expect(error?.description.contains("list_patition_label.txt:2") == true)
    #expect(try registry.open(reference, split: "train", options: .skipping).skipped.count == 1)
  }
}
