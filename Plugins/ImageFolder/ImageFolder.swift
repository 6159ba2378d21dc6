import AviaryEvaluation
import AviaryPlugins

/// Any folder of pictures with one folder per class.
public struct ImageFolderPlugin: AviaryPlugin {
  public let manifest = PluginManifest(
    id: "image-folder", version: "1.0.0", summary: "any folder or tar archive with one folder per class")

  public init() {}

  public func register(with registrar: inout PluginRegistrar) throws(PluginError) {
    try registrar.add(ImageFolder())
  }
}

/// `folder:PATH`, a folder or tar archive with one folder per class, alone or below `train`, `valid`, `test`.
///
/// Classes are the folders' names in the order of their bytes, over all splits, as torchvision's
/// `ImageFolder` orders them.
public struct ImageFolder: DatasetProvider {
  public let kind = "folder"
  public let summary = "any folder or .tar of pictures: a folder per class, alone or below train, valid, test"

  public init() {}

  public func splits(path: String, options: DatasetOptions) throws(DatasetError) -> [DatasetSplit] {
    try ClassFolderLayout(path, options: options).splits
  }

  public func open(path: String, split: String, options: DatasetOptions) throws(DatasetError) -> Dataset {
    let layout = try ClassFolderLayout(path, options: options)
    let split = try checkedSplit(split, path: path, available: layout.splits)
    let classes = try layout.classFolders()
    return try layout.dataset(kind: kind, split: split, classes: classes) { classes.firstIndex(of: $0) }
  }
}
