import Foundation

/// A model as a user names it: a path to an `.onnx` file, a zoo folder, or the id of a model of the zoo.
public struct ModelReference: Sendable {
  /// For reports: the zoo id, or the file's name without its extension.
  public let id: String
  public let modelPath: String
  /// The manifest that goes with the file, where there is one.
  public let manifest: ModelManifest?
  /// Where the manifest stands.
  public let manifestPath: String?
  /// Whether the file must be the one that the manifest describes. A manifest that was named by hand says how a
  /// model is fed, whichever it is.
  public private(set) var bindsFile = true

  /// The same model whatever its bytes: for those who judge a file that may have changed.
  public var acceptingAnyFile: ModelReference {
    var copy = self
    copy.bindsFile = false
    return copy
  }

  /// Whether the model's bytes are those that its manifest promises, by size and SHA-256.
  ///
  /// - Throws: `ZooError.file` saying what to do.
  public func checkFile() throws(ZooError) {
    guard bindsFile, let manifest else { return }
    let fetch =
      manifest.file.url == nil ? "\(manifest.restoring); " : "'aviary zoo pull \(manifest.id)' gets the right one; "
    try manifest.file.check(
      at: modelPath,
      remedy: "\(fetch)if the change is meant, 'aviary zoo add FILE --id \(manifest.id) --replace' describes it "
        + "anew")
  }

  /// Finds the model.
  ///
  /// A path may have a manifest beside it: `NAME.model.json` for `NAME.onnx`, or a `model.json` whose `file`
  /// names the model. `zoo` is only looked for when `text` is no path.
  ///
  /// - Throws: `ZooError.notFound`, `.noZoo`, `.noFolder`, `.manifest`, `.file` (a zoo model whose file is not there).
  public init(
    _ text: String, manifestPath explicit: String? = nil, zoo: String? = nil
  ) throws(ZooError) {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: text, isDirectory: &isFolder)
    let looksLikePath = text.contains("/") || text.hasSuffix(".onnx")
    if exists, isFolder.boolValue, looksLikePath || Self.hasManifest(text) {
      try self.init(folder: text)
    } else if looksLikePath || (exists && !isFolder.boolValue) {
      try self.init(file: text, manifestPath: explicit)
    } else {
      let entry = try ZooIndex.find(explicit: zoo).entry(text)
      try self.init(folder: entry.folder, manifest: try entry.manifest.get())
    }
  }

  private static func hasManifest(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(folder)/\(ZooIndex.manifestName)")
  }

  private init(folder: String) throws(ZooError) {
    let manifest = try ModelManifest(contentsOf: "\(folder)/\(ZooIndex.manifestName)")
    try self.init(folder: folder, manifest: manifest)
  }

  private init(folder: String, manifest: ModelManifest) throws(ZooError) {
    let path = "\(folder)/\(manifest.file.path)"
    guard FileManager.default.fileExists(atPath: path) else {
      throw .file(path: path, problem: "is not there; \(manifest.gettingFile)")
    }
    id = manifest.id
    modelPath = path
    self.manifest = manifest
    manifestPath = "\(folder)/\(ZooIndex.manifestName)"
  }

  private init(file path: String, manifestPath explicit: String?) throws(ZooError) {
    let url = URL(fileURLWithPath: path)
    let name = url.deletingPathExtension().lastPathComponent
    modelPath = path
    if let explicit {
      bindsFile = false
      manifest = try ModelManifest(contentsOf: explicit)
      manifestPath = explicit
      id = name
      return
    }
    let folder = url.deletingLastPathComponent()
    let own = folder.appendingPathComponent("\(name).model.json").path
    if FileManager.default.fileExists(atPath: own) {
      manifest = try ModelManifest(contentsOf: own)
      manifestPath = own
      id = name
      return
    }
    let shared = folder.appendingPathComponent(ZooIndex.manifestName).path
    // A model.json beside the file may be about another model, or none of ours at all.
    if Self.fileNamed(by: shared) == url.lastPathComponent {
      let found = try ModelManifest(contentsOf: shared)
      manifest = found
      manifestPath = shared
      id = found.id
    } else {
      manifest = nil
      manifestPath = nil
      id = name
    }
  }

  /// The model that a JSON file says it is about, if it says so the way a manifest does.
  private static func fileNamed(by path: String) -> String? {
    guard let data = FileManager.default.contents(atPath: path),
      let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
      let file = object["file"] as? [String: Any]
    else { return nil }
    return file["path"] as? String
  }
}

extension ModelManifest {
  /// How to get the file where it is not there.
  var gettingFile: String {
    file.url.map { "'aviary zoo pull \(id)' gets it from \($0)" } ?? "no address serves it: \(restoring)"
  }

  /// How to get the file of a manifest without an address.
  var restoring: String {
    Self.restoring + (source.recipe.map { ", or make it anew by the recipe in \($0) beside the manifest" } ?? "")
  }

  /// The same where nothing else is known.
  static let restoring = "restore it from where the zoo came from"
}
