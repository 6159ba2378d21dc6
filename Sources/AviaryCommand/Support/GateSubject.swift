import Aviary
import Foundation

/// A model of `aviary check` and where its baseline is or will be.
struct GateSubject {
  let name: String
  let baseline: String
  /// Relative paths of data start here, where they do not lead anywhere from the working folder.
  let root: String?

  /// The models named or, without any, those of the zoo that have a baseline.
  ///
  /// - Throws: `ZooError`; `UsageError` for a model without a baseline.
  static func find(
    _ names: [String], zoo: String?, manifest: String?, baseline: String?, isUpdate: Bool
  ) throws -> [GateSubject] {
    guard names.isEmpty else {
      return try names.map {
        try GateSubject($0, zoo: zoo, manifest: manifest, baseline: baseline, isUpdate: isUpdate)
      }
    }
    let index = try ZooIndex.find(explicit: zoo)
    let subjects = index.entries.compactMap { entry -> GateSubject? in
      guard let manifest = try? entry.manifest.get() else { return nil }
      let path = "\(entry.folder)/\(manifest.baseline ?? usualName)"
      guard FileManager.default.fileExists(atPath: path) else { return nil }
      return GateSubject(name: entry.folder, baseline: path, root: parent(index.path))
    }
    guard !subjects.isEmpty else {
      throw UsageError("\(index.path): no model has a baseline; name a model and give --update --data")
    }
    return subjects
  }

  private static let usualName = "baseline.json"

  private init(name: String, baseline: String, root: String?) {
    self.name = name
    self.baseline = baseline
    self.root = root
  }

  private init(
    _ text: String, zoo: String?, manifest: String?, baseline: String?, isUpdate: Bool
  ) throws {
    let index = try? ZooIndex.find(explicit: zoo)
    let isPath = text.contains("/") || text.hasSuffix(".onnx")
    let name = isPath ? text : try ZooIndex.find(explicit: zoo).entry(text).folder
    if let baseline {
      self.init(name: name, baseline: baseline, root: index.map { Self.parent($0.path) })
    } else {
      let reference: ModelReference
      do throws(ZooError) { reference = try ModelReference(name, manifestPath: manifest) } catch {
        // A model that cannot be read has failed the gate, if it ever had passed it.
        let path = "\(name)/\(Self.usualName)"
        guard FileManager.default.fileExists(atPath: path) else { throw error }
        self.init(name: name, baseline: path, root: index.map { Self.parent($0.path) })
        return
      }
      guard let manifestPath = reference.manifestPath else {
        throw UsageError("\(text): has no manifest that could name its baseline; give --baseline")
      }
      let path = "\(Self.parent(manifestPath))/\(reference.manifest?.baseline ?? Self.usualName)"
      self.init(name: name, baseline: path, root: index.map { Self.parent($0.path) })
    }
    guard isUpdate || FileManager.default.fileExists(atPath: self.baseline) else {
      throw UsageError("\(text): there is no baseline \(self.baseline); --update makes one")
    }
  }

  private static func parent(_ path: String) -> String {
    URL(fileURLWithPath: path).standardizedFileURL.deletingLastPathComponent().path
  }

  /// `KIND:PATH` with the path as it can be opened from here.
  func resolved(_ data: String) -> String {
    guard let colon = data.firstIndex(of: ":"), let root else { return data }
    let path = String(data[data.index(after: colon)...])
    guard !path.hasPrefix("/"), !FileManager.default.fileExists(atPath: path),
      FileManager.default.fileExists(atPath: "\(root)/\(path)")
    else { return data }
    return "\(data[..<colon]):\(root)/\(path)"
  }
}
