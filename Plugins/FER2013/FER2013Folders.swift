import AviaryEvaluation

/// FER2013 as class folders below `train` and `test`, each a folder or a tar archive.
struct FER2013Folders {
  private let root: SplitFolders
  private let test: FileTree?
  private let options: DatasetOptions
  /// `train` and the halves of the test set that file names speak of; `test` where some say nothing.
  let splits: Set<String>

  init(_ path: String, options: DatasetOptions) throws(DatasetError) {
    self.options = options
    root = try SplitFolders(path, options: options)
    test = try root.tree("test")
    guard test != nil || root.folders["train"] != nil else {
      throw .file(
        path: path,
        problem: "has neither train nor test (a folder or .tar each) nor fer2013.csv; is the path right?")
    }
    var splits: Set<String> = root.folders["train"] == nil ? [] : ["train"]
    if let test {
      let halves = Set(test.entries.map { Self.half($0.name) })
      splits.formUnion(halves.contains(nil) || halves.isEmpty ? ["test"] : halves.compactMap { $0 })
    }
    self.splits = splits
  }

  /// `PublicTest_123.jpg` is of the public half.
  private static func half(_ name: String) -> String? {
    if name.hasPrefix("PublicTest") { return "public" }
    return name.hasPrefix("PrivateTest") ? "private" : nil
  }

  func samples(_ split: DatasetSplit) throws(DatasetError) -> (samples: [Sample], skipped: [DatasetError]) {
    let isTrain = split.name == "train"
    let folder = root.folders[isTrain ? "train" : "test"] ?? ""
    guard let tree = isTrain ? try root.tree("train") : test else { return ([], []) }
    let half = ["train", "test"].contains(split.name) ? nil : split.name
    let found = try ClassFolders(
      tree, classes: FER2013.classes, prefix: "\(folder)/", options: options,
      include: { half == nil || Self.half($0) == half })
    return (found.samples, found.skipped)
  }
}
