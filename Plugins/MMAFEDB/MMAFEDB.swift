import AviaryEvaluation
import AviaryPlugins

/// MMAFEDB: grey and colour faces with seven expressions.
public struct MMAFEDBPlugin: AviaryPlugin {
  public let manifest = PluginManifest(
    id: "mmafedb", version: "1.0.0", summary: "MMAFEDB as folders train, valid and test")

  public init() {}

  public func register(with registrar: inout PluginRegistrar) throws(PluginError) {
    try registrar.add(MMAFEDB())
  }
}

/// `mmafedb:PATH`, a folder (or the folder around it) with `train`, `valid` and `test` of class folders. Grey
/// and colour pictures are mixed; a model's preprocessing makes them alike.
public struct MMAFEDB: DatasetProvider {
  public let kind = "mmafedb"
  public let summary = "MMAFEDB: folders train, valid and test of class folders"

  public static let classes = ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]

  public init() {}

  private func layout(_ path: String, _ options: DatasetOptions) throws(DatasetError) -> ClassFolderLayout {
    try ClassFolderLayout(path, nested: ["MMAFEDB"], options: options)
  }

  public func splits(path: String, options: DatasetOptions) throws(DatasetError) -> [DatasetSplit] {
    try layout(path, options).splits
  }

  public func open(path: String, split: String, options: DatasetOptions) throws(DatasetError) -> Dataset {
    let layout = try layout(path, options)
    let split = try checkedSplit(split, path: path, available: layout.splits)
    return try layout.dataset(kind: kind, split: split, classes: Self.classes)
  }
}
