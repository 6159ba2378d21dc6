import Aviary
import Foundation
import TestSupport

/// A folder that goes with its owner.
final class Scratch {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("zoo-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  var path: String { url.path }

  /// Writes a file and returns its path.
  @discardableResult
  func file(_ name: String, _ data: Data) throws -> String {
    let file = url.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: file)
    return file.path
  }

  @discardableResult
  func file(_ name: String, _ text: String) throws -> String { try file(name, Data(text.utf8)) }

  /// Every file and folder below, with the contents of files: what must not change.
  var contents: [String: Data] {
    var found: [String: Data] = [:]
    for case let path as String in FileManager.default.enumerator(atPath: url.path) ?? .init() {
      found[path] = FileManager.default.contents(atPath: "\(url.path)/\(path)") ?? Data()
    }
    return found
  }
}

/// What the repository ships.
enum Shipped {
  static let zoo = Locations.root.appendingPathComponent("Zoo")
  static func model(_ id: String) -> String { zoo.appendingPathComponent("\(id)/model.onnx").path }
  static let classes = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]

  /// The drawn faces as a trial takes them.
  static func faces(_ count: Int = 196) throws -> LabelledPictures {
    let dataset = try BuiltinPlugins.registry().open(
      "folder:\(zoo.appendingPathComponent("samples/drawn-faces").path)")
    let positions = LabelledPictures.spread(count, of: dataset.samples.count)
    return LabelledPictures(
      classes: dataset.classes, labels: positions.map { dataset.samples[$0].label }
    ) { try dataset.image(positions[$0]) }
  }

  /// A proposal for the model's file alone: its manifest does not help.
  static func proposal(
    _ id: String, in scratch: Scratch, _ overrides: ContractOverrides = .init()
  ) throws -> ModelProposal {
    let file = "\(scratch.path)/\(id).onnx"
    if !FileManager.default.fileExists(atPath: file) {
      try FileManager.default.copyItem(atPath: model(id), toPath: file)
    }
    var hints = ModelProposal.Hints()
    hints.overrides = overrides
    return try ModelProposal(path: file, catalog: BuiltinPlugins.registry().families, hints: hints)
  }
}
