/// Samples of a tree whose first folders are named after classes.
public struct ClassFolders: Sendable {
  public private(set) var samples: [Sample] = []
  public private(set) var skipped: [DatasetError] = []

  /// - Parameters:
  ///   - prefix: what is put before the relative path to give a sample's id, such as `test/`.
  ///   - classOf: the label of a folder; by default `ClassNames` decides.
  ///   - include: which file names belong to the split.
  /// - Throws: `DatasetError` for folders that are no class and files beside the folders, unless bad entries
  ///   are skipped.
  public init(
    _ tree: FileTree, classes: [String], prefix: String, options: DatasetOptions,
    classOf: ((String) -> Int?)? = nil, include: (String) -> Bool = { _ in true }
  ) throws(DatasetError) {
    let label = classOf ?? { ClassNames.index(of: $0, in: classes) }
    var known: [String: Int] = [:]
    for folder in tree.folders {
      if let index = label(folder) {
        known[folder] = index
      } else {
        try refuse(.unknownClass(path: "\(tree.path)/\(folder)", name: folder, classes: classes), options)
      }
    }
    for entry in tree.entries where include(entry.name) {
      guard entry.parts.count > 1, let folder = entry.parts.first else {
        let problem = "stands beside the class folders; move it into one"
        try refuse(.file(path: "\(tree.path)/\(entry.path)", problem: problem), options)
        continue
      }
      guard let index = known[folder] else { continue }
      samples.append(Sample(id: prefix + entry.path, label: index, content: entry.content))
    }
  }

  private mutating func refuse(_ error: DatasetError, _ options: DatasetOptions) throws(DatasetError) {
    guard options.skipBad else { throw error }
    skipped.append(error)
  }
}
