import AviaryEvaluation
import AviaryPlugins

/// RAF-DB (Li et al. 2017), basic expressions.
public struct RAFDBPlugin: AviaryPlugin {
  public let manifest = PluginManifest(
    id: "rafdb", version: "1.0.0", summary: "RAF-DB as numbered folders with label tables")

  public init() {}

  public func register(with registrar: inout PluginRegistrar) throws(PluginError) {
    try registrar.add(RAFDB())
  }
}

/// `rafdb:PATH`, where PATH is
/// - a folder with `train` and `test` (or a folder `DATASET` that holds them) of folders `1` to `7`, and the
///   tables `train_labels.csv` and `test_labels.csv` (columns image, label), which must agree with the
///   folders; without tables the folders decide, without numbered folders the tables do;
/// - the original: `EmoLabel/list_patition_label.txt` and `Image/aligned` (or `original`), below `basic` or
///   not.
public struct RAFDB: DatasetProvider {
  public let kind = "rafdb"
  public let summary = "RAF-DB: folders 1 to 7 with label CSV, or the original list_patition_label.txt"

  /// Label 1 is the first.
  public static let classes = ["surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral"]

  public init() {}

  public func splits(path: String, options: DatasetOptions) throws(DatasetError) -> [DatasetSplit] {
    if let list = RAFDBList.find(path) { return try RAFDBList(list, options: options).splits }
    return try RAFDBFolders(path, options: options).splits
  }

  public func open(path: String, split: String, options: DatasetOptions) throws(DatasetError) -> Dataset {
    let rows: (samples: [Sample], skipped: [DatasetError])
    let found: DatasetSplit
    if let place = RAFDBList.find(path) {
      let list = try RAFDBList(place, options: options)
      found = try checkedSplit(split, path: path, available: list.splits)
      rows = (list.samples(found), list.skipped)
    } else {
      let folders = try RAFDBFolders(path, options: options)
      found = try checkedSplit(split, path: path, available: folders.splits)
      rows = try folders.samples(found)
    }
    return Dataset(
      kind: kind, path: path, split: found.name, classes: Self.classes, samples: rows.samples,
      skipped: rows.skipped, options: options)
  }

  /// A label's index; `nil` for anything but a number from 1 to 7.
  static func index(ofNumber text: some StringProtocol) -> Int? {
    guard let number = Int(text), (1...classes.count).contains(number) else { return nil }
    return number - 1
  }
}
