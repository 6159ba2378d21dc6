import Foundation

/// Compiles plugins for tests, with the compilers that the machine has: a Swift toolchain always has both.
public enum PluginBuilder {
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  private static let header = Locations.root.appendingPathComponent("Sources/CAviaryPlugin/include")

  /// The example in C or Swift, built.
  public static func example(_ language: String) throws -> String {
    let examples = Locations.root.appendingPathComponent("Plugins/Examples")
    return language == "c"
      ? try c(examples.appendingPathComponent("C/example.c"))
      : try swift(examples.appendingPathComponent("Swift/Example.swift"))
  }

  /// A library made of one C file.
  ///
  /// - Parameter defines: macros, such as `ABI=7`.
  /// - Returns: its path.
  public static func c(_ source: URL, defines: [String] = []) throws -> String {
    let compiler = try tool(["clang", "cc", "gcc"])
    let flags = ["-std=gnu11", "-O1", "-fPIC", "-shared", "-lm", "-I", header.path]
    return try build(source, key: defines.joined(separator: " ")) { output in
      [compiler] + flags + defines.map { "-D\($0)" } + [source.path, "-o", output]
    }
  }

  /// A library made of one Swift file.
  public static func swift(_ source: URL) throws -> String {
    let compiler = try tool(["swiftc"])
    return try build(source, key: "") { output in
      [
        compiler, "-O", "-swift-version", "6", "-parse-as-library", "-emit-library",
        "-module-name", "Example", "-I", header.path, source.path, "-o", output,
      ]
    }
  }

  /// Runs a program to its end.
  ///
  /// - Returns: what it printed.
  /// - Throws: `Failure` with what it printed, where its status is not 0.
  @discardableResult
  public static func run(_ command: [String], in folder: URL? = nil) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    if let folder { process.currentDirectoryURL = folder }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(description: "\(command.joined(separator: " ")): \(said)")
    }
    return said
  }

  /// The first of some programs that is on the path.
  public static func tool(_ names: [String]) throws -> String {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    for name in names {
      for folder in folders where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") {
        return "\(folder)/\(name)"
      }
    }
    throw Failure(description: "none of \(names.joined(separator: ", ")) is on the path")
  }

  /// Libraries are kept by what they are made of, so that every test that needs one gets the same.
  private static func build(_ source: URL, key: String, _ command: (String) -> [String]) throws -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    let interface = try Data(contentsOf: header.appendingPathComponent("aviary_plugin.h"))
    let text = try Data(contentsOf: source) + interface
    for byte in text + Data("\(key) \(command(""))".utf8) {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
    }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("aviary-test-plugins")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let library = folder.appendingPathComponent("lib\(String(hash, radix: 16)).so").path
    if FileManager.default.fileExists(atPath: library) { return library }
    // Made beside and moved, because another process may want the same one.
    let fresh = folder.appendingPathComponent("\(UUID().uuidString).so").path
    try run(command(fresh))
    guard rename(fresh, library) == 0 else { throw Failure(description: "\(library): cannot be moved there") }
    return library
  }
}
