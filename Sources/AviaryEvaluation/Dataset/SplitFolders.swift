/// A folder (or tar archive) with one folder per split: `train`, `valid`, `test` and the like, each of which
/// may be a tar archive of its own (`train.tar`).
public struct SplitFolders: Sendable {
  public static let order = ["train", "validation", "public", "private", "test"]

  public let path: String
  /// For each split's canonical name, the name of its folder.
  public let folders: [String: String]
  /// Folders that are named after no split.
  public let others: [String]
  private let whole: FileTree?
  private let archives: Set<String>
  private let options: DatasetOptions

  /// - Throws: `DatasetError.file` where `path` cannot be read or two folders mean the same split.
  public init(_ path: String, options: DatasetOptions) throws(DatasetError) {
    var found: [String: String] = [:]
    var others: [String] = []
    var archives: Set<String> = []
    func add(_ folder: String) throws(DatasetError) {
      let split = DatasetSplit.canonical(folder)
      guard Self.order.contains(split) else { return others.append(folder) }
      if let other = found.updateValue(folder, forKey: split) {
        throw .file(
          path: path, problem: "'\(other)' and '\(folder)' are both the split '\(split)'; remove one")
      }
    }
    if FileTree.isFile(path) {
      let tree = try FileTree(tar: path, maxEntries: options.maxEntries)
      whole = tree
      for folder in tree.folders { try add(folder) }
    } else {
      whole = nil
      let entries = try FileTree.list(path)
      for entry in entries where entry.isFolder { try add(entry.name) }
      for entry in entries where !entry.isFolder && entry.name.hasSuffix(".tar") {
        let split = DatasetSplit.canonical(String(entry.name.dropLast(4)))
        // A folder beside its archive is the archive unpacked.
        if Self.order.contains(split), found[split] == nil {
          found[split] = String(entry.name.dropLast(4))
          archives.insert(split)
        }
      }
    }
    self.path = path
    self.options = options
    self.archives = archives
    folders = found
    self.others = others.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The canonical names of the splits that exist, in a fixed order.
  public var names: [String] { Self.order.filter { folders[$0] != nil } }

  /// The files of a split, or `nil` where there is none.
  public func tree(_ split: String) throws(DatasetError) -> FileTree? {
    guard let folder = folders[split] else { return nil }
    if let whole { return whole.descending(into: folder) }
    let place = "\(path)/\(folder)"
    guard archives.contains(split) else {
      return try FileTree(folder: place, maxEntries: options.maxEntries)
    }
    let tree = try FileTree(tar: place + ".tar", maxEntries: options.maxEntries)
    // Archives are made from inside the folder or from beside it.
    return tree.folders == [folder] ? tree.descending(into: folder) : tree
  }

  /// All files, where there are no splits.
  public func unsplit() throws(DatasetError) -> FileTree {
    if let whole { return whole }
    return try FileTree(folder: path, maxEntries: options.maxEntries)
  }
}
