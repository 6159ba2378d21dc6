/// The commonest layout of a data set: a folder per class, alone or below a folder per split.
public struct ClassFolderLayout: Sendable {
  private let path: String
  private let root: SplitFolders
  private let options: DatasetOptions

  /// - Parameters:
  ///   - path: a folder or a tar archive.
  ///   - nested: folders in which archives of the data set pack everything; gone into where `path` has one.
  /// - Throws: `DatasetError.file` where nothing can be read.
  public init(_ path: String, nested: [String] = [], options: DatasetOptions) throws(DatasetError) {
    let inner = nested.map { "\(path)/\($0)" }.first(where: FileTree.isFolder)
    self.path = path
    root = try SplitFolders(inner ?? path, options: options)
    self.options = options
  }

  private var hasSplits: Bool { !root.names.isEmpty && root.others.isEmpty }

  /// The split folders and `all` of them, or only `all`.
  public var splits: [DatasetSplit] {
    guard hasSplits else { return [DatasetSplit("all")] }
    return root.names.map { DatasetSplit($0) } + [DatasetSplit("all", parts: root.names)]
  }

  private func trees(_ split: DatasetSplit) throws(DatasetError) -> [(prefix: String, tree: FileTree)] {
    guard hasSplits else { return [("", try root.unsplit())] }
    var trees: [(prefix: String, tree: FileTree)] = []
    for name in split.parts.isEmpty ? [split.name] : split.parts {
      guard let folder = root.folders[name], let tree = try root.tree(name) else { continue }
      trees.append(("\(folder)/", tree))
    }
    return trees
  }

  /// The class folders of all splits together, sorted by their bytes.
  public func classFolders() throws(DatasetError) -> [String] {
    var names: Set<String> = []
    for split in splits where split.parts.isEmpty {
      for (_, tree) in try trees(split) { names.formUnion(tree.folders) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// One split's samples, sorted by path within each folder of a split.
  ///
  /// - Parameters:
  ///   - split: one of `splits`.
  ///   - classOf: the label of a folder; by default `ClassNames` decides.
  /// - Throws: `DatasetError` where there are no pictures at all, and as `ClassFolders` does.
  public func dataset(
    kind: String, split: DatasetSplit, classes: [String], classOf: ((String) -> Int?)? = nil
  ) throws(DatasetError) -> Dataset {
    var samples: [Sample] = []
    var skipped: [DatasetError] = []
    for (prefix, tree) in try trees(split) {
      let found = try ClassFolders(
        tree, classes: classes, prefix: prefix, options: options, classOf: classOf)
      samples += found.samples
      skipped += found.skipped
    }
    guard !samples.isEmpty || !skipped.isEmpty else {
      throw .file(path: path, problem: "has no pictures in folders named after classes")
    }
    return Dataset(
      kind: kind, path: path, split: split.name, classes: classes, samples: samples, skipped: skipped,
      options: options)
  }
}
