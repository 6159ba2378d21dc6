import AviaryEvaluation
import AviaryImage
import Foundation
import TestSupport

/// A folder of its own that goes away with the test.
final class TemporaryFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("aviary-data-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file, and the folders above it.
  func write(_ name: String, _ bytes: [UInt8]) throws {
    let url = URL(fileURLWithPath: "\(path)/\(name)")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

  func write(_ names: [String], _ picture: Picture) throws {
    for name in names { try write(name, try picture.bytes()) }
  }

  /// Packs `folders` of this folder as `tar` does.
  func pack(_ name: String, _ folders: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/tar")
    process.arguments = ["-cf", "\(path)/\(name)", "-C", path] + folders
    try process.run()
    process.waitUntilExit()
    for folder in folders { try FileManager.default.removeItem(atPath: "\(path)/\(folder)") }
  }
}

/// Pictures that differ, from the fixtures of the image tests.
enum Picture: String {
  case grey = "jpeg_grey.jpg"
  case color = "jpeg_420.jpg"
  case dot = "png_1x1.png"
  case palette = "png_c3_d4.png"

  func bytes() throws -> [UInt8] {
    let folder = Locations.root.appendingPathComponent("Tests/AviaryImageTests/Fixtures")
    return try [UInt8](Data(contentsOf: folder.appendingPathComponent(rawValue)))
  }

  func image() throws -> Image { try Image(decoding: bytes(), path: rawValue) }
}

extension Dataset {
  /// Class name by sample id.
  var labels: [String: String] {
    Dictionary(samples.map { ($0.id, classes[$0.label]) }, uniquingKeysWith: { first, _ in first })
  }

  var ids: [String] { samples.map(\.id) }
}

extension DatasetOptions {
  static let skipping = DatasetOptions(skipBad: true)
}
