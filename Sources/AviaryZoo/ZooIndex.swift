import Foundation

/// The folder of models: one folder each, with a `model.json`.
public struct ZooIndex: Sendable {
  /// A model of the zoo, or why its manifest cannot be used.
  public struct Entry: Sendable {
    public let id: String
    public let folder: String
    public let manifest: Result<ModelManifest, ZooError>

    /// Where the model's file is or should be; `nil` without a manifest.
    public var modelPath: String? {
      (try? manifest.get()).map { "\(folder)/\($0.file.path)" }
    }

    /// Whether the model's file is there.
    public var hasFile: Bool { modelPath.map(FileManager.default.fileExists) ?? false }

    /// Whether the model is made for sequences of pictures and not for single ones.
    public var takesSequences: Bool { (try? manifest.get())?.input.layout == .ntchw }
  }

  public let path: String

  public init(path: String) { self.path = path }

  /// The zoo to use: `explicit` where given, else `AVIARY_ZOO`, else the nearest `Zoo` in the working folder
  /// or one above it, else in a folder above the executable (a checkout that was built in place).
  ///
  /// - Throws: `ZooError.noFolder` where the named one is not there, `.noZoo` naming the places searched.
  public static func find(explicit: String? = nil) throws(ZooError) -> ZooIndex {
    if let named = explicit ?? ProcessInfo.processInfo.environment["AVIARY_ZOO"], !named.isEmpty {
      guard isFolder(named) else {
        throw .noFolder(path: named, naming: explicit == nil ? "AVIARY_ZOO" : "--zoo")
      }
      return ZooIndex(path: named)
    }
    let starts = [FileManager.default.currentDirectoryPath, executableFolder].compactMap { $0 }
    for start in starts {
      var folder = URL(fileURLWithPath: start).standardizedFileURL
      while true {
        let candidate = folder.appendingPathComponent("Zoo").path
        // A folder named Zoo that holds no model is somebody else's.
        if isFolder(candidate), !ZooIndex(path: candidate).ids.isEmpty { return ZooIndex(path: candidate) }
        let parent = folder.deletingLastPathComponent()
        if parent.path == folder.path || folder.path == "/" { break }
        folder = parent
      }
    }
    throw .noZoo(searched: starts)
  }

  private static var executableFolder: String? {
    let link = "/proc/self/exe"
    let path =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) ?? CommandLine.arguments.first
    return path.map { URL(fileURLWithPath: $0).deletingLastPathComponent().path }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
  }

  /// Names of the folders that hold a manifest, sorted.
  public var ids: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    // What begins with a dot is being added or removed.
    return names.filter {
      !$0.hasPrefix(".") && FileManager.default.fileExists(atPath: "\(path)/\($0)/\(Self.manifestName)")
    }
    .sorted()
  }

  public static let manifestName = "model.json"

  /// All classifiers, sorted by id; one with a broken manifest is an entry with an error. Face detectors are
  /// in `detectors`.
  public var entries: [Entry] { ids.filter { !isDetector($0) }.map(entry(unchecked:)) }

  /// The id of a model that is named by its id or by the path of its folder in this zoo, as a shell completes
  /// it.
  ///
  /// - Throws: `ZooError.notFound` listing what there is.
  public func id(of name: String) throws(ZooError) -> String {
    let ids = ids
    if ids.contains(name) { return name }
    let folder = URL(fileURLWithPath: name).standardizedFileURL
    let id = folder.lastPathComponent
    let isHere =
      folder.deletingLastPathComponent().resolvingSymlinksInPath().path
      == URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
    // A completed id means this zoo's model wherever the command is given.
    let isID = name == "\(id)/"
    guard !name.isEmpty, isHere || isID, ids.contains(id) else {
      throw .notFound(reference: name, zoo: path, known: ids)
    }
    return id
  }

  /// The zoo that holds the folder at `path`, where that is a model's.
  public static func holding(folder path: String) -> ZooIndex? {
    let folder = URL(fileURLWithPath: path).standardizedFileURL
    let zoo = ZooIndex(path: folder.deletingLastPathComponent().path)
    return !path.isEmpty && zoo.ids.contains(folder.lastPathComponent) ? zoo : nil
  }

  /// - Throws: `ZooError.notFound` listing what there is.
  public func entry(_ id: String) throws(ZooError) -> Entry {
    guard ids.contains(id) else { throw .notFound(reference: id, zoo: path, known: ids) }
    return entry(unchecked: id)
  }

  private func entry(unchecked id: String) -> Entry {
    let folder = "\(path)/\(id)"
    let manifest: Result<ModelManifest, ZooError>
    do throws(ZooError) {
      let read = try ModelManifest(contentsOf: "\(folder)/\(Self.manifestName)")
      guard read.id == id else {
        throw .manifest(
          path: "\(folder)/\(Self.manifestName)", problem: "id is '\(read.id)', its folder '\(id)'")
      }
      manifest = .success(read)
    } catch {
      manifest = .failure(error)
    }
    return Entry(id: id, folder: folder, manifest: manifest)
  }
}
