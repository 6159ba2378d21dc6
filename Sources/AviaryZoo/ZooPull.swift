import Foundation

/// Gets the files of models that the zoo describes but does not hold.
public struct ZooPull {
  private let zoo: ZooIndex
  private let downloader: Downloader
  private let local: LocalFiles?

  /// - Parameter folder: where files are looked for, by size and hash, before any address is asked.
  /// - Throws: `ZooError.file` where that folder cannot be read.
  public init(_ zoo: ZooIndex, downloader: Downloader, from folder: String? = nil) throws(ZooError) {
    self.zoo = zoo
    self.downloader = downloader
    local = try folder.map { path throws(ZooError) in try LocalFiles(path) }
  }

  public enum Outcome: String, Sendable, Codable {
    case present
    case fetched
    /// No address serves the files; the item's command makes them.
    case recipe
  }

  /// A model or face detector with the files that it needs.
  public struct Item: Sendable {
    public let id: String
    public let folder: String
    /// Makes the files that no address serves.
    public let command: String?
    /// What to do about a file that no address serves and no command makes.
    let remedy: String
    let files: Result<[ModelManifest.File], ZooError>

    init(_ entry: ZooIndex.Entry) {
      (id, folder, command) = (entry.id, entry.folder, nil)
      files = entry.manifest.map { [$0.file] }
      remedy = (try? entry.manifest.get().restoring) ?? ModelManifest.restoring
    }

    init(_ entry: ZooIndex.DetectorEntry) {
      (id, folder) = (entry.id, entry.folder)
      command = try? entry.manifest.get().source.command
      remedy = ModelManifest.restoring
      files = entry.manifest.map { $0.files.sorted { $0.key < $1.key }.map(\.value) }
    }

    var isComplete: Bool {
      guard let files = try? files.get() else { return false }
      return files.allSatisfy { FileManager.default.fileExists(atPath: "\(folder)/\($0.path)") }
    }
  }

  /// What lacks a file, and what has a manifest that cannot be read.
  public var missing: [Item] { items.filter { !$0.isComplete } }

  private var items: [Item] {
    (zoo.entries.map(Item.init) + zoo.detectors.map(Item.init)).sorted { $0.id < $1.id }
  }

  /// - Throws: `ZooError.notFound` listing what there is.
  public func item(_ id: String) throws(ZooError) -> Item {
    if let detector = zoo.detector(id) { return Item(detector) }
    return Item(try zoo.entry(id))
  }

  public func pull(
    _ entry: ZooIndex.Entry, progress: @escaping (Int, Int?) -> Void = { _, _ in }
  ) throws(ZooError) -> Outcome {
    try pull(Item(entry), progress: progress)
  }

  /// Fetches the files that are not there or not the right ones.
  ///
  /// - Throws: `ZooError.download`, `.manifest`, `.write`; the file that could not be had is then as it was.
  public func pull(
    _ item: Item, progress: @escaping (Int, Int?) -> Void = { _, _ in }
  ) throws(ZooError) -> Outcome {
    var outcome = Outcome.present
    for file in try item.files.get() {
      switch try pull(file, of: item, progress: progress) {
      case .present: break
      case .fetched: if outcome == .present { outcome = .fetched }
      case .recipe: outcome = .recipe
      }
    }
    return outcome
  }

  private func pull(
    _ file: ModelManifest.File, of item: Item, progress: @escaping (Int, Int?) -> Void
  ) throws(ZooError) -> Outcome {
    let path = "\(item.folder)/\(file.path)"
    let exists = FileManager.default.fileExists(atPath: path)
    if exists, try FileDigest(contentsOf: path).sha256 == file.sha256 { return .present }
    if let found = local?.find(file) {
      try ZooEditor(zoo).place(found, as: path)
      return .fetched
    }
    guard let url = file.url else {
      if exists { try file.check(at: path, remedy: item.command.map { "'\($0)' makes it" } ?? item.remedy) }
      if item.command != nil { return .recipe }
      throw .manifest(
        path: "\(item.folder)/\(ZooIndex.manifestName)",
        problem: "says no address (url) to get \(file.path) from; \(item.remedy)")
    }
    let fetched = try downloader.download(
      url, expecting: .init(sha256: file.sha256, bytes: file.bytes), progress: progress)
    try ZooEditor(zoo).place(fetched.path, as: path)
    fetched.discard()
    return .fetched
  }
}

/// Files of a folder, found by what is in them, whatever they are called.
private struct LocalFiles: Sendable {
  private let paths: [String]

  /// - Throws: `ZooError.file` where the folder cannot be read.
  init(_ folder: String) throws(ZooError) {
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
      throw .file(path: folder, problem: "is no folder that can be read, so no files can be taken from it")
    }
    paths = names.sorted().map { "\(folder)/\($0)" }
  }

  func find(_ file: ModelManifest.File) -> String? {
    paths.first { path in
      // Only files of that size are read.
      FileState(path)?.size == file.bytes && (try? FileDigest(contentsOf: path).sha256) == file.sha256
    }
  }
}
