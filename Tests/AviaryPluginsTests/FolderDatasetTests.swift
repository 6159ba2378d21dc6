import Aviary
import AviaryEvaluation
import AviaryPlugins
import Foundation
import Testing

/// Image folders, MMAFEDB and CK+ on small trees.
@Suite struct FolderDatasetTests {
  let registry: PluginRegistry
  let place: TemporaryFolder

  init() throws {
    registry = try BuiltinPlugins.registry()
    place = try TemporaryFolder()
  }

  @Test func aFolderPerClass() throws {
    try place.write(["b/2.jpg", "b/1.JPEG", "a/deep/er/3.jpg"], .grey)
    try place.write(["Zoo/1.png"], .palette)
    try place.write("a/notes.txt", "not a picture")
    try place.write("a/.hidden.jpg", "not either")
    try FileManager.default.createDirectory(atPath: "\(place.path)/empty", withIntermediateDirectories: true)
    let data = try registry.open("folder:\(place.path)")
    #expect(data.split == "all")
    #expect(data.classes == ["Zoo", "a", "b", "empty"])
    #expect(data.ids == ["Zoo/1.png", "a/deep/er/3.jpg", "b/1.JPEG", "b/2.jpg"])
    #expect(data.counts == [1, 1, 2, 0])
    #expect(try data.image(0) == Picture.palette.image())
    #expect(try data.image(2) == Picture.grey.image())
    #expect(throws: DatasetError.self) { try data.image(4) }
  }

  @Test func splitFoldersShareTheirClasses() throws {
    try place.write(["train/x/1.jpg", "train/y/1.jpg", "train/y/2.jpg"], .grey)
    try place.write(["Valid/z/1.jpg", "test/y/1.jpg"], .grey)
    let provider = try registry.dataset("folder")
    let splits = try provider.splits(path: place.path, options: DatasetOptions())
    #expect(splits.map(\.name) == ["train", "validation", "test", "all"])
    let test = try registry.open("folder:\(place.path)")
    #expect(test.split == "test" && test.classes == ["x", "y", "z"] && test.ids == ["test/y/1.jpg"])
    #expect(try registry.open("folder:\(place.path)", split: "val").ids == ["Valid/z/1.jpg"])
    #expect(try registry.open("folder:\(place.path)", split: "all").counts == [1, 3, 1])
    let error = #expect(throws: DatasetError.self) {
      try registry.open("folder:\(place.path)", split: "public")
    }
    #expect(error?.description.contains("train, validation, test, all") == true)
  }

  @Test func tarArchivesReadAlike() throws {
    try place.write(["train/x/1.jpg", "train/y/1.jpg", "test/y/1.jpg"], .color)
    let loose = try registry.open("folder:\(place.path)", split: "all")
    let hash = try loose.contentHash()
    try place.pack("everything.tar", ["train", "test"])
    let packed = try registry.open("folder:\(place.path)/everything.tar", split: "all")
    #expect(packed.ids == loose.ids && packed.classes == loose.classes)
    #expect(try packed.image(1) == Picture.color.image())
    #expect(try packed.contentHash() == hash)
  }

  @Test func theContentHashSeesEveryChange() throws {
    try place.write(["x/1.jpg", "y/2.jpg"], .grey)
    func hash() throws -> String { try registry.open("folder:\(place.path)").contentHash() }
    let first = try hash()
    #expect(first.count == 64)
    #expect(try hash() == first)
    try place.write(["y/2.jpg"], .color)
    let second = try hash()
    #expect(second != first)
    try FileManager.default.moveItem(atPath: "\(place.path)/y/2.jpg", toPath: "\(place.path)/y/3.jpg")
    #expect(try hash() != second)
  }

  @Test func picturesThatAreNone() throws {
    try place.write(["x/1.jpg"], .grey)
    try place.write("x/2.jpg", "<html>")
    try place.write("x/3.bmp", "BM......")
    try place.write("x/4.png", Array(Picture.palette.bytes().prefix(60)))
    let strict = try registry.open("folder:\(place.path)")
    #expect(strict.samples.count == 4)
    let error = #expect(throws: DatasetError.self) { try strict.forEachImage { _, _ in } }
    #expect(error?.description.contains("x/2.jpg") == true)
    var read: [Int] = []
    let bad = try registry.open("folder:\(place.path)", options: .skipping).forEachImage { index, _ in
      read.append(index)
    }
    #expect(read == [0] && bad.count == 3)
    #expect(bad.last?.description.contains("x/4.png") == true)
  }

  @Test func filesBesideTheFolders() throws {
    try place.write(["x/1.jpg", "stray.jpg"], .grey)
    #expect(throws: DatasetError.self) { try registry.open("folder:\(place.path)") }
    let data = try registry.open("folder:\(place.path)", options: .skipping)
    #expect(data.ids == ["x/1.jpg"] && data.skipped.count == 1)
  }

  @Test func linksThatLeadInCircles() throws {
    try place.write(["x/1.jpg"], .grey)
    try FileManager.default.createSymbolicLink(
      atPath: "\(place.path)/x/again", withDestinationPath: "\(place.path)/x")
    let error = #expect(throws: DatasetError.self) { try registry.open("folder:\(place.path)") }
    #expect(error?.description.contains("circular") == true)
  }

  @Test func nothingThere() throws {
    for kind in registry.datasetKinds {
      #expect(throws: DatasetError.self, "\(kind)") { try registry.open("\(kind):\(place.path)") }
      #expect(throws: DatasetError.self, "\(kind)") { try registry.open("\(kind):\(place.path)/none") }
    }
  }

  @Test func mmafedb() throws {
    for split in ["train", "valid", "test"] {
      try place.write(["MMAFEDB/\(split)/angry/1.jpg", "MMAFEDB/\(split)/surprise/2.jpg"], .grey)
      try place.write(["MMAFEDB/\(split)/happy/3.jpg"], .color)
    }
    let splits = try registry.dataset("mmafedb").splits(path: place.path, options: DatasetOptions())
    #expect(splits.map(\.name) == ["train", "validation", "test", "all"])
    let data = try registry.open("mmafedb:\(place.path)", split: "validation")
    #expect(data.classes == ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"])
    #expect(data.ids == ["valid/angry/1.jpg", "valid/happy/3.jpg", "valid/surprise/2.jpg"])
    #expect(data.counts == [1, 0, 0, 1, 0, 0, 1])
    #expect(try data.image(0).color == .grey)
    #expect(try data.image(1).color == .rgb)
    // The folder itself works as well as the one around it.
    #expect(try registry.open("mmafedb:\(place.path)/MMAFEDB", split: "valid").ids == data.ids)
    try place.write(["MMAFEDB/test/bored/1.jpg"], .grey)
    let error = #expect(throws: DatasetError.self) { try registry.open("mmafedb:\(place.path)") }
    guard case .unknownClass(_, _, "bored", _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    let skipped = try registry.open("mmafedb:\(place.path)", options: .skipping)
    #expect(skipped.samples.count == 3 && skipped.skipped.count == 1)
  }

  @Test func ckPlus() throws {
    let names = ["surprise", "anger", "contempt", "sadness", "happy"]
    for name in names { try place.write(["CK+48/\(name)/S010_004_00000017.png"], .palette) }
    let data = try registry.open("ckplus:\(place.path)")
    #expect(data.split == "all")
    #expect(data.classes == ["anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise"])
    #expect(data.samples.count == names.count)
    for name in names { #expect(data.labels["\(name)/S010_004_00000017.png"] == name) }
    try place.write(["CK+48/Neutral/1.png", "CK+48/Angry/1.png"], .palette)
    let more = try registry.open("ckplus:\(place.path)")
    #expect(more.classes.last == "neutral")
    // Another spelling of a class is that class.
    #expect(more.labels["Angry/1.png"] == "anger")
    #expect(throws: DatasetError.self) { try registry.open("ckplus:\(place.path)", split: "test") }
  }
}
