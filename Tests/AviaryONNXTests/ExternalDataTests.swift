import AviaryCore
import Foundation
import Testing

@testable import AviaryONNX

/// Weights in a second file, and every way to point somewhere else.
@Suite struct ExternalDataTests {
  @Test func readsAlignedUnalignedAndToTheEnd() throws {
    let expected = try Fixtures.expected().external
    let found = try ONNXModel.read(path: Fixtures.path("external")).graph.initializers
    #expect(found.mapValues(Fixtures.describe) == expected)
  }

  @Test func becomesOneFile() throws {
    let bytes = try #require(try EmbeddedModel.read(path: Fixtures.path("external")))
    // From memory and without a folder: nothing outside is needed any more.
    let found = try ONNXModel.read(bytes: bytes).graph.initializers
    #expect(try found.mapValues(Fixtures.describe) == Fixtures.expected().external)
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("one.onnx").path
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      #expect(try EmbeddedModel.read(path: path) == nil)
    }
  }

  /// A model with one float tensor of two elements whose data lies where `entries` say.
  private func model(_ entries: [(String, String)], dims: [Int64] = [2]) -> [UInt8] {
    Message.model(
      initializer: .tensor("w", dims: dims) {
        for (key, value) in entries {
          $0.append(13, message: Message { $0.append(1, text: key); $0.append(2, text: value) })
        }
        $0.append(14, int: 1)
      }
    ).bytes
  }

  /// Lays out `top/secret.bin` and `top/models/`: `data.bin`, `sub/data.bin` and links, then reads the
  /// model from `top/models`.
  private func read(_ entries: [(String, String)], dims: [Int64] = [2]) throws -> (Tensor?, String?) {
    try withTemporaryFolder { top in
      let files = FileManager.default
      let folder = top.appendingPathComponent("models")
      try files.createDirectory(
        at: folder.appendingPathComponent("sub"), withIntermediateDirectories: true)
      let data = Data([0, 0, 128, 63, 0, 0, 0, 64])
      try Data(repeating: 0x42, count: 64).write(to: top.appendingPathComponent("secret.bin"))
      try data.write(to: folder.appendingPathComponent("data.bin"))
      try data.write(to: folder.appendingPathComponent("sub/data.bin"))
      try data.write(to: folder.appendingPathComponent("a"))
      func link(_ name: String, _ target: String) throws {
        try files.createSymbolicLink(
          atPath: folder.appendingPathComponent(name).path, withDestinationPath: target)
      }
      try link("link.bin", "../secret.bin")
      try link("absolute.bin", top.appendingPathComponent("secret.bin").path)
      try link("outside", "..")
      try link("inside.bin", "data.bin")
      try files.linkItem(
        at: top.appendingPathComponent("secret.bin"), to: folder.appendingPathComponent("hard.bin"))
      mkfifo(folder.appendingPathComponent("fifo").path, 0o600)

      let path = folder.appendingPathComponent("m.onnx")
      try Data(model(entries, dims: dims)).write(to: path)
      // Whatever happens, nobody looked into the file outside.
      let secret = top.appendingPathComponent("secret.bin").path
      var before = stat()
      stat(secret, &before)
      defer {
        var after = stat()
        stat(secret, &after)
        #expect(
          before.st_atim.tv_sec == after.st_atim.tv_sec && before.st_atim.tv_nsec == after.st_atim.tv_nsec)
      }
      do {
        let tensor = try ONNXModel.read(path: path.path).graph.initializers["w"]
        return (try tensor?.owned(), nil)
      } catch {
        #expect(throws: ImportError.self) { try EmbeddedModel.read(path: path.path) }
        return (nil, "\(error)")
      }
    }
  }

  static let good: [[(String, String)]] = [
    [("location", "data.bin")], [("location", "./data.bin")], [("location", "sub/data.bin")],
    [("location", "sub//./data.bin"), ("offset", "0"), ("length", "8")],
    [("location", "data.bin"), ("checksum", "0123")],
  ]

  @Test(arguments: good.indices) func reads(_ index: Int) throws {
    let (tensor, error) = try read(Self.good[index])
    #expect(error == nil)
    #expect(try tensor?.array(of: Float.self) == [1, 2])
  }

  static let bad: [([(String, String)], String)] = [
    ([], "has no location"),
    ([("location", "")], "is empty"),
    ([("location", "/etc/passwd")], "is an absolute path"),
    ([("location", "../secret.bin")], "contains '..'"),
    ([("location", "..")], "contains '..'"),
    ([("location", "a/../../secret.bin")], "contains '..'"),
    ([("location", "sub/../data.bin")], "contains '..'"),
    ([("location", "./../secret.bin")], "contains '..'"),
    ([("location", "..\\secret.bin")], "contains a backslash"),
    ([("location", "link.bin")], "is a symbolic link"),
    ([("location", "absolute.bin")], "is a symbolic link"),
    ([("location", "inside.bin")], "is a symbolic link"),
    ([("location", "outside/secret.bin")], "through the symbolic link 'outside'"),
    ([("location", "hard.bin")], "has 2 hard links"),
    ([("location", "sub")], "is not a regular file"),
    ([("location", "sub/")], "names a folder"),
    ([("location", ".")], "names a folder"),
    ([("location", "fifo")], "is not a regular file"),
    ([("location", "missing.bin")], "is missing"),
    ([("location", "a/b/data.bin")], "there is no folder 'a'"),
    ([("location", "*/_ORT_MEM_ADDR_/*"), ("offset", "4096")], "is missing"),
    ([("location", "data.bin"), ("offset", "4")], "ends at byte 8; the tensor needs 8 bytes from byte 4"),
    ([("location", "data.bin"), ("offset", "9223372036854775807")], "ends at byte 8"),
    ([("location", "data.bin"), ("offset", "-1")], "offset '-1', which is no valid number"),
    ([("location", "data.bin"), ("offset", "+1")], "offset '+1'"),
    ([("location", "data.bin"), ("offset", " 1")], "offset ' 1'"),
    ([("location", "data.bin"), ("offset", "1e3")], "offset '1e3'"),
    ([("location", "data.bin"), ("offset", "0x10")], "offset '0x10'"),
    ([("location", "data.bin"), ("offset", "")], "offset ''"),
    ([("location", "data.bin"), ("offset", "99999999999999999999")], "offset '99999999999999999999'"),
    ([("location", "data.bin"), ("length", "4")], "has length 4, the tensor needs 8"),
    ([("location", "data.bin"), ("length", "16")], "has length 16, the tensor needs 8"),
    ([("location", "data.bin"), ("length", "-8")], "length '-8'"),
    ([("location", "data.bin"), ("size", "8")], "unknown key 'size'"),
    ([("location", "data.bin"), ("location", "a")], "key 'location' twice"),
  ]

  @Test(arguments: bad.indices) func refuses(_ index: Int) throws {
    let (entries, says) = Self.bad[index]
    let (_, error) = try read(entries)
    #expect(error?.contains(says) == true, "\(entries): \(error ?? "no error")")
    #expect(error?.contains("m.onnx: tensor 'w': ") == true)
  }

  @Test func refusesATensorLongerThanTheFile() throws {
    let (_, error) = try read([("location", "data.bin")], dims: [1 << 34])
    #expect(error?.contains("needs 68719476736 bytes") == true, "\(error ?? "no error")")
  }

  @Test func mayNameTheModelItself() throws {
    let (tensor, error) = try read([("location", "m.onnx"), ("offset", "0"), ("length", "8")])
    #expect(error == nil)
    #expect(tensor?.count == 2)
  }

  @Test func refusesExternalDataWithoutAFolderAndBesideElements() {
    let error = importError(model([("location", "data.bin")]))
    #expect(error?.contains("the model has no folder") == true, "\(error ?? "no error")")
    let both = Message.tensor("w", dims: [1]) {
      $0.append(9, bytes: [0, 0, 0, 0])
      $0.append(14, int: 1)
    }
    let second = importError(Message.model(initializer: both).bytes)
    #expect(second?.contains("elements in the model as well") == true, "\(second ?? "no error")")
  }
}
