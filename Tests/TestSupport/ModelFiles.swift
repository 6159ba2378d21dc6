import Foundation

/// The models there are to test with.
public enum ModelFiles {
  /// Every `.onnx` file of the repository's fixtures and zoo and of the shared data, by path.
  public static let all: [URL] = {
    var folders = [
      Locations.root.appendingPathComponent("Tests"), Locations.root.appendingPathComponent("Zoo"),
    ]
    if let shared = Locations.shared { folders.append(shared.appendingPathComponent("models")) }
    let files = folders.flatMap { folder in
      FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?
        .compactMap { $0 as? URL } ?? []
    }
    return files.filter { $0.pathExtension == "onnx" }.sorted { $0.path < $1.path }
  }()
}
