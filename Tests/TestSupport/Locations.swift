import Foundation

/// Where tests find things that are not Swift: the repository, the shared data, the Python peers.
public enum Locations {
  /// The root of the checkout, found from this file's own path.
  public static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Real data and models that stay outside the repository: `AVIARY_SHARED`, by default `../shared`.
  /// `nil` where the folder is absent; a suite that needs it then says in one line what it did not run.
  public static let shared: URL? = {
    let path = ProcessInfo.processInfo.environment["AVIARY_SHARED"]
    let url =
      path.map { URL(fileURLWithPath: $0) }
      ?? root.deletingLastPathComponent().appendingPathComponent("shared")
    return FileManager.default.fileExists(atPath: url.appendingPathComponent("data").path) ? url : nil
  }()

  /// The Python of the peers' environment (`make peers`): `AVIARY_PYTHON`, by default `.venv/bin/python`.
  public static let python: URL? = {
    let path = ProcessInfo.processInfo.environment["AVIARY_PYTHON"]
    let url = path.map { URL(fileURLWithPath: $0) } ?? root.appendingPathComponent(".venv/bin/python")
    return FileManager.default.isExecutableFile(atPath: url.path) ? url : nil
  }()

  /// The ONNX backend suite as folders (`make suite`): `AVIARY_ONNX_SUITE`, by default `.cache/onnx-suite`.
  public static let onnxSuite: URL? = {
    let path = ProcessInfo.processInfo.environment["AVIARY_ONNX_SUITE"]
    let url = path.map { URL(fileURLWithPath: $0) } ?? root.appendingPathComponent(".cache/onnx-suite")
    return FileManager.default.fileExists(atPath: url.path) ? url : nil
  }()
}
