import Foundation

/// Gets the files of models that the zoo describes but does not hold.
public struct ZooPull {
  private let zoo: ZooIndex
  private let downloader: Downloader

  public init(_ zoo: ZooIndex, downloader: Downloader) {
    self.zoo = zoo
    self.downloader = downloader
  }

  public enum Outcome: String, Sendable, Codable {
    case present
    case fetched
  }

  /// Models whose file is not there, and those whose manifest cannot be read.
  public var missing: [ZooIndex.Entry] {
    zoo.entries.filter { $0.modelPath == nil || !$0.hasFile }
  }

  /// Fetches a model's file unless the right one is there.
  ///
  /// - Throws: `ZooError.download`, `.manifest`, `.write`; the model's folder is then as it was.
  public func pull(
    _ entry: ZooIndex.Entry, progress: @escaping (Int, Int?) -> Void = { _, _ in }
  ) throws(ZooError) -> Outcome {
    let manifest = try entry.manifest.get()
    let path = "\(entry.folder)/\(manifest.file.path)"
    if FileManager.default.fileExists(atPath: path) {
      let digest = try FileDigest(contentsOf: path)
      if digest.sha256 == manifest.file.sha256 { return .present }
      guard manifest.file.url != nil else {
        throw .file(
          path: path, problem: "is not the file that its manifest describes (sha256 \(digest.sha256))")
      }
    }
    guard let url = manifest.file.url else {
      throw .manifest(
        path: "\(entry.folder)/\(ZooIndex.manifestName)",
        problem: "says no address (file.url) to get \(manifest.file.path) from")
    }
    let file = try downloader.download(
      url, expecting: .init(sha256: manifest.file.sha256, bytes: manifest.file.bytes), progress: progress)
    try ZooEditor(zoo).place(file, as: path)
    return .fetched
  }
}
