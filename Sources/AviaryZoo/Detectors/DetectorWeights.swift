import Foundation

/// The files that a face detector of the zoo needs.
public enum DetectorWeights {
  /// The files of a detector by role, each there and as its manifest describes it. Of several models for one
  /// detector the first that has its files counts.
  ///
  /// - Parameters:
  ///   - detector: what `--detector` calls it.
  ///   - zoo: the zoo's folder; `nil` looks as `ZooIndex.find` does.
  /// - Throws: `ZooError.noZoo`, `.noFolder`, `.notFound` where the zoo describes none, `.file` for a file that is
  ///   missing or another than described, with the command that gets it, `.manifest`.
  public static func files(for detector: String, zoo: String? = nil) throws(ZooError) -> [String: String] {
    let index = try ZooIndex.find(explicit: zoo)
    let entries = index.detectors
    let fitting = entries.filter { (try? $0.manifest.get())?.detector == detector }
    guard let entry = fitting.first(where: \.hasFiles) ?? fitting.first else {
      // One whose manifest cannot be read may be the one that was meant.
      for entry in entries { _ = try entry.manifest.get() }
      throw .notFound(
        reference: "face detector \(detector)", zoo: index.path,
        known: entries.compactMap { try? $0.manifest.get().detector })
    }
    return try entry.files()
  }
}

extension ZooIndex {
  /// A face detector of the zoo, or why its manifest cannot be used.
  public struct DetectorEntry: Sendable {
    public let id: String
    public let folder: String
    public let manifest: Result<DetectorManifest, ZooError>

    /// Whether all files are there, right or not.
    public var hasFiles: Bool {
      guard let manifest = try? manifest.get() else { return false }
      return manifest.files.values.allSatisfy {
        FileManager.default.fileExists(atPath: "\(folder)/\($0.path)")
      }
    }

    /// The checked files by role.
    ///
    /// - Throws: `ZooError.file`, `.manifest`.
    public func files() throws(ZooError) -> [String: String] {
      let manifest = try manifest.get()
      var paths: [String: String] = [:]
      for (role, file) in manifest.files.sorted(by: { $0.key < $1.key }) {
        let path = "\(folder)/\(file.path)"
        try file.check(at: path, remedy: remedy(manifest, file))
        paths[role] = path
      }
      return paths
    }

    /// The command that gets a file.
    func remedy(_ manifest: DetectorManifest, _ file: ModelManifest.File) -> String {
      if file.url == nil, let command = manifest.source.command {
        return "'\(command)', given in the folder of the zoo, makes it"
      }
      return "'aviary zoo pull \(id)' gets it"
    }
  }

  /// The face detectors, sorted by id; one with a broken manifest is an entry with an error.
  public var detectors: [DetectorEntry] { ids.filter(isDetector).map(detector(unchecked:)) }

  /// The face detector of that id; `nil` where the model is for something else.
  public func detector(_ id: String) -> DetectorEntry? {
    ids.contains(id) && isDetector(id) ? detector(unchecked: id) : nil
  }

  func isDetector(_ id: String) -> Bool {
    ManifestFile.task("\(path)/\(id)/\(Self.manifestName)") == DetectorManifest.task
  }

  private func detector(unchecked id: String) -> DetectorEntry {
    let folder = "\(path)/\(id)"
    let manifest: Result<DetectorManifest, ZooError>
    do throws(ZooError) {
      let read = try DetectorManifest(contentsOf: "\(folder)/\(Self.manifestName)")
      guard read.id == id else {
        throw .manifest(
          path: "\(folder)/\(Self.manifestName)", problem: "id is '\(read.id)', its folder '\(id)'")
      }
      manifest = .success(read)
    } catch {
      manifest = .failure(error)
    }
    return DetectorEntry(id: id, folder: folder, manifest: manifest)
  }
}
