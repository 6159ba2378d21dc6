import AviaryEvaluation
import AviaryPlugins

/// FER2013 (Goodfellow et al. 2013): 48 x 48 grey faces, seven expressions, as folders, tar archives or
/// Kaggle's CSV.
public struct FER2013Plugin: AviaryPlugin {
  public let manifest = PluginManifest(
    id: "fer2013", version: "1.0.0", summary: "FER2013 as folders, tar archives or fer2013.csv")

  public init() {}

  public func register(with registrar: inout PluginRegistrar) throws(PluginError) {
    try registrar.add(FER2013())
  }
}

/// `fer2013:PATH`, where PATH is
/// - a folder with `train/` and `test/` (or `train.tar`, `test.tar`) of class folders; file names in `test`
///   say PublicTest or PrivateTest;
/// - a `.tar` with those folders;
/// - Kaggle's `fer2013.csv` (or a folder that holds it) with the columns emotion, pixels and Usage.
public struct FER2013: DatasetProvider {
  public let kind = "fer2013"
  public let summary = "FER2013: folders train/ and test/, train.tar, or Kaggle's fer2013.csv"

  /// In the order of the numbers in `fer2013.csv`.
  public static let classes = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]

  public init() {}

  public func splits(path: String, options: DatasetOptions) throws(DatasetError) -> [DatasetSplit] {
    if let csv = csvPath(path) {
      return Self.splits(of: try FER2013CSV(csv, options: options).splits)
    }
    return Self.splits(of: try FER2013Folders(path, options: options).splits)
  }

  public func open(path: String, split: String, options: DatasetOptions) throws(DatasetError) -> Dataset {
    let rows: (samples: [Sample], skipped: [DatasetError])
    let found: DatasetSplit
    if let csv = csvPath(path) {
      let table = try FER2013CSV(csv, options: options)
      found = try checkedSplit(split, path: path, available: Self.splits(of: table.splits))
      rows = (table.samples(found), table.skipped)
    } else {
      let folders = try FER2013Folders(path, options: options)
      found = try checkedSplit(split, path: path, available: Self.splits(of: folders.splits))
      rows = try folders.samples(found)
    }
    return Dataset(
      kind: kind, path: path, split: found.name, classes: Self.classes, samples: rows.samples,
      skipped: rows.skipped, options: options)
  }

  /// The splits that exist, and `test` as both halves together.
  private static func splits(of names: Set<String>) -> [DatasetSplit] {
    var splits = ["train", "public", "private"].filter(names.contains).map { DatasetSplit($0) }
    let halves = splits.map(\.name).filter { $0 != "train" }
    // Test files that do not say which half they are of form a split of their own.
    if names.contains("test") || !halves.isEmpty {
      splits.append(DatasetSplit("test", parts: names.contains("test") ? [] : halves))
    }
    return splits
  }

  private func csvPath(_ path: String) -> String? {
    if FileTree.isFile(path) { return path.lowercased().hasSuffix(".tar") ? nil : path }
    return ["fer2013.csv", "icml_face_data.csv"].map { "\(path)/\($0)" }.first(where: FileTree.isFile)
  }
}
