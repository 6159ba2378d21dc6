import AviaryRuntime

extension ZooVerifier {
  /// Checks the files of a face detector and that each is a network that runs.
  ///
  /// - Parameter needsFiles: whether files that are not there are a failure.
  public func verify(_ entry: ZooIndex.DetectorEntry, needsFiles: Bool = true) -> Report {
    var checks: [Check] = []
    do {
      let manifest = try entry.manifest.get()
      checks.append(
        Check(name: "manifest", passed: true, message: "detector \(manifest.detector), \(manifest.files.count) files"))
      for (role, file) in manifest.files.sorted(by: { $0.key < $1.key }) {
        checks += verify(file, role: role, of: manifest, entry, needsFile: needsFiles)
      }
    } catch {
      checks.append(Check(name: "manifest", passed: false, message: "\(error)"))
    }
    return Report(id: entry.id, checks: checks)
  }

  private func verify(
    _ file: ModelManifest.File, role: String, of manifest: DetectorManifest, _ entry: ZooIndex.DetectorEntry,
    needsFile: Bool
  ) -> [Check] {
    let path = "\(entry.folder)/\(file.path)"
    let name = manifest.files.count == 1 ? "file" : "file \(role)"
    if !needsFile, FileState(path) == nil {
      return [
        Check(
          name: name, outcome: .unchecked,
          message: "\(file.path) is not there, so it was not checked; \(entry.remedy(manifest, file))")
      ]
    }
    do {
      try file.check(at: path, remedy: entry.remedy(manifest, file))
      let session = try Session(path: path, options: options)
      let inputs = session.inputs.map(\.name).joined(separator: ", ")
      let outputs = session.outputs.map(\.name).joined(separator: ", ")
      return [
        Check(
          name: name, passed: true,
          message: "\(file.bytes) bytes, sha256 \(file.sha256); from \(inputs) to \(outputs)")
      ]
    } catch {
      return [Check(name: name, passed: false, message: "\(error)")]
    }
  }
}
