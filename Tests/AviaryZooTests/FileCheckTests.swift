import Aviary
import Foundation
import TestSupport
import Testing

@testable import AviaryZoo

/// A model whose bytes are not those of its manifest is not used by anything that judges with it.
@Suite struct FileCheckTests {
  /// A zoo of one model whose file `change` has worked on.
  private func zoo(_ change: (String) throws -> Void) throws -> (scratch: Scratch, folder: String) {
    let scratch = try Scratch()
    let folder = "\(scratch.path)/fer-cnn-plain"
    try FileManager.default.copyItem(
      atPath: Shipped.zoo.appendingPathComponent("fer-cnn-plain").path, toPath: folder)
    try change("\(folder)/model.onnx")
    return (scratch, folder)
  }

  /// A weight that is another number: the file is a model still, and as long as before.
  private func flip(_ path: String) throws {
    var data = try Data(contentsOf: URL(fileURLWithPath: path))
    data[data.count / 2] ^= 1
    try data.write(to: URL(fileURLWithPath: path))
  }

  private func problem(_ body: () throws -> Void) -> String {
    do { try body() } catch let error as ZooError {
      if case .file = error { return error.description }
      return "another case: \(error)"
    } catch { return "another error: \(error)" }
    return ""
  }

  @Test func tamperedWeightsAreRefused() throws {
    let (scratch, folder) = try zoo(flip)
    defer { withExtendedLifetime(scratch) {} }
    let attempts: [() throws -> Void] = [
      { _ = try Model(folder) }, { _ = try Model("\(folder)/model.onnx") },
      { _ = try Classifier(ModelReference(folder)) },
      {
        let reference = try ModelReference(folder)
        _ = try Classifier(reference, session: Session(path: reference.modelPath))
      },
    ]
    for attempt in attempts {
      let text = problem(attempt)
      #expect(text.contains("is not the file that its manifest describes") && text.contains("sha256"), "\(text)")
      #expect(text.contains("zoo add") && text.contains("--replace"), "\(text)")
    }
    // Who judges changed files may have it all the same, and so may who names a manifest by hand.
    _ = try Classifier(ModelReference(folder).acceptingAnyFile)
    _ = try Classifier(ModelReference("\(folder)/model.onnx", manifestPath: "\(folder)/model.json"))
  }

  @Test func lengthIsToldFirst() throws {
    let (scratch, folder) = try zoo { path in
      let handle = try #require(FileHandle(forWritingAtPath: path))
      try handle.truncate(atOffset: 100)
      try handle.close()
    }
    defer { withExtendedLifetime(scratch) {} }
    let text = problem { _ = try Model(folder) }
    #expect(text.contains("it has 100 bytes, not 3340066"), "\(text)")
  }

  /// What was right once must be looked at again when the file has changed, by whatever means.
  @Test func aChangeInTheMiddleIsSeen() throws {
    let (scratch, folder) = try zoo { _ in }
    defer { withExtendedLifetime(scratch) {} }
    let path = "\(folder)/model.onnx"
    _ = try Model(folder)
    // In place, with the times of before.
    let times = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    try handle.seek(toOffset: 2_000_000)
    let byte = try #require(try handle.read(upToCount: 1))
    try handle.seek(toOffset: 2_000_000)
    try handle.write(contentsOf: Data([byte[byte.startIndex] ^ 1]))
    try handle.close()
    try FileManager.default.setAttributes([.modificationDate: times ?? Date()], ofItemAtPath: path)
    #expect(problem { _ = try Model(folder) }.contains("sha256"))
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.copyItem(atPath: Shipped.model("fer-cnn-plain"), toPath: path)
    _ = try Model(folder)
  }

  @Test func anAddressIsTheRemedyWhereThereIsOne() throws {
    let (scratch, folder) = try zoo(flip)
    defer { withExtendedLifetime(scratch) {} }
    try VerifyTests.edit(
      URL(fileURLWithPath: "\(folder)/model.json"), "\"bytes\": 3340066",
      "\"bytes\": 3340066, \"url\": \"https://host.invalid/model.onnx\"")
    #expect(problem { _ = try Model(folder) }.contains("'aviary zoo pull fer-cnn-plain' gets the right one"))
  }
}
