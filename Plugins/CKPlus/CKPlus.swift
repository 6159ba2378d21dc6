import AviaryEvaluation
import AviaryPlugins

/// CK+ (Lucey et al. 2010), the extended Cohn-Kanade set.
public struct CKPlusPlugin: AviaryPlugin {
  public let manifest = PluginManifest(id: "ckplus", version: "1.0.0", summary: "CK+ as class folders")

  public init() {}

  public func register(with registrar: inout PluginRegistrar) throws(PluginError) {
    try registrar.add(CKPlus())
  }
}

/// `ckplus:PATH`, class folders (`CK+48` and the like) with contempt among them; some copies have neutral
/// faces too. The set has no official splits: `all` unless the copy has split folders.
public struct CKPlus: DatasetProvider {
  public let kind = "ckplus"
  public let summary = "CK+: a folder per class, contempt among them"

  /// The set's own seven; neutral comes last where there is a folder of it.
  public static let classes = ["anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise"]

  public init() {}

  private func layout(_ path: String, _ options: DatasetOptions) throws(DatasetError) -> ClassFolderLayout {
    try ClassFolderLayout(path, nested: ["CK+48", "CK+", "ck"], options: options)
  }

  public func splits(path: String, options: DatasetOptions) throws(DatasetError) -> [DatasetSplit] {
    try layout(path, options).splits
  }

  public func open(path: String, split: String, options: DatasetOptions) throws(DatasetError) -> Dataset {
    let layout = try layout(path, options)
    let split = try checkedSplit(split, path: path, available: layout.splits)
    let hasNeutral = try layout.classFolders().contains { ClassNames.canonical($0) == "neutral" }
    let classes = Self.classes + (hasNeutral ? ["neutral"] : [])
    return try layout.dataset(kind: kind, split: split, classes: classes)
  }
}
