import Foundation
import TestSupport
import Testing

/// Output that does not arrive is a failure, except where nobody wants it any more.
@Suite struct OutputTests {
  private static let zoo = Locations.root.appendingPathComponent("Zoo").path

  /// Output as text, as JSON, and in lines that are written at once.
  static let commands: [[String]] = [
    ["zoo", "list", "--quick", "--zoo", zoo], ["zoo", "list", "--quick", "--json", "--zoo", zoo],
    ["zoo", "show", "fer-cnn-bn", "--zoo", zoo], ["zoo", "pull", "fer-cnn-bn", "--zoo", zoo],
    ["predict", Fixtures.path("softmax.onnx"), Fixtures.path("pictures/dark/00.png")],
    ["evaluate", Fixtures.path("softmax.onnx"), "--data", Fixtures.pictures, "--format", "csv"], ["--help"],
  ]

  @Test(arguments: commands)
  func aFullDisk(_ arguments: [String]) throws {
    let result = try run(arguments, output: try #require(FileHandle(forWritingAtPath: "/dev/full")))
    #expect(result.status == 1)
    #expect(result.errors.contains("error: standard output cannot be written: No space left"), "\(result.errors)")
  }

  @Test func aClosedPipe() throws {
    let pipe = Pipe()
    try pipe.fileHandleForReading.close()
    let result = try run(["zoo", "list", "--quick", "--zoo", Self.zoo], output: pipe.fileHandleForWriting)
    #expect(result.errors.isEmpty, "\(result.errors)")
  }

  /// Messages that do not arrive are no reason to fail, let alone to crash.
  @Test func noRoomForMessages() throws {
    let folder = try TemporaryFolder()
    let process = try Aviary.process(["zoo", "show", "nosuch", "--zoo", Self.zoo])
    process.standardOutput = FileHandle(forWritingAtPath: try folder.file("stdout", Data()))
    process.standardError = FileHandle(forWritingAtPath: "/dev/full")
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 1)
  }

  private func run(_ arguments: [String], output: FileHandle) throws -> (status: Int32, errors: String) {
    let folder = try TemporaryFolder()
    let errors = try folder.file("stderr", Data())
    let process = try Aviary.process(arguments, store: "\(folder.path)/runs.sqlite")
    process.standardOutput = output
    process.standardError = FileHandle(forWritingAtPath: errors)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return (process.terminationStatus, try String(contentsOfFile: errors, encoding: .utf8))
  }
}
