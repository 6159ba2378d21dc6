import Foundation
import TestSupport

/// Runs the built executable as a user would.
struct CommandResult {
  let status: Int32
  let output: String
  let errors: String

  var json: Any? { try? JSONSerialization.jsonObject(with: Data(output.utf8)) }
  var object: [String: Any] { json as? [String: Any] ?? [:] }
}

enum Aviary {
  struct NotBuilt: Error, CustomStringConvertible {
    let description: String
  }

  /// Beside the test bundle, where the build puts every product.
  static let executable: URL? = {
    let candidates = [
      try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"),
      CommandLine.arguments.first, Bundle.main.bundlePath,
    ].compactMap { $0 }
    for candidate in candidates {
      var folder = URL(fileURLWithPath: candidate)
      for _ in 0..<4 {
        folder.deleteLastPathComponent()
        let file = folder.appendingPathComponent("aviary")
        if FileManager.default.isExecutableFile(atPath: file.path) { return file }
      }
    }
    return nil
  }()

  /// - Parameter store: where runs are kept that name no store: the user's must not change, nor what it holds
  ///   matter.
  static func process(_ arguments: [String], in folder: URL? = nil, store: String? = nil) throws -> Process {
    guard let executable else { throw NotBuilt(description: "no aviary beside the tests") }
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    if let folder { process.currentDirectoryURL = folder }
    var environment = ProcessInfo.processInfo.environment
    environment["AVIARY_STORE"] = store ?? ""
    environment["XDG_DATA_HOME"] = "/dev/null"
    process.environment = environment
    return process
  }

  /// - Parameter cache: where downloads wait; the user's by default, whom failures leave what they fetched.
  static func run(_ arguments: [String], in folder: URL? = nil, cache: String? = nil) throws -> CommandResult {
    // Files, not pipes: a pipe that nobody reads while the other is read would block a chatty command.
    let temporary = try TemporaryFolder()
    let process = try process(arguments, in: folder, store: "\(temporary.path)/runs.sqlite")
    let output = temporary.url.appendingPathComponent("stdout")
    let errors = temporary.url.appendingPathComponent("stderr")
    for file in [output, errors] { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    process.standardInput = FileHandle.nullDevice
    if let cache { process.environment?["XDG_CACHE_HOME"] = cache }
    try process.run()
    process.waitUntilExit()
    return CommandResult(
      status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
      output: try String(contentsOf: output, encoding: .utf8),
      errors: try String(contentsOf: errors, encoding: .utf8))
  }
}

/// A folder that goes with its owner.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("aviary-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// Writes a file and returns its path.
  func file(_ name: String, _ data: Data) throws -> String {
    let file = url.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: file)
    return file.path
  }

  var path: String { url.path }
}

enum Fixtures {
  static let folder = Locations.root.appendingPathComponent("Tests/AviaryCommandTests/Fixtures")
  static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
  static let pictures = "folder:\(path("pictures"))"

  /// What ONNX Runtime and scikit-learn say of a model on the pictures.
  struct Expectation: Decodable {
    let samples: [String]
    let probabilities: [[Double]]
    let report: String
    let confusionMatrix: [[Int]]
    let metrics: [String: Double]

    private enum CodingKeys: String, CodingKey {
      case samples, probabilities, report, metrics
      case confusionMatrix = "confusion_matrix"
    }
  }

  static func golden() throws -> [String: Expectation] {
    let data = try Data(contentsOf: folder.appendingPathComponent("golden.json"))
    return try JSONDecoder().decode([String: Expectation].self, from: data)
  }
}
