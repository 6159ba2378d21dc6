import AviaryImage

/// How a data set is read.
public struct DatasetOptions: Sendable, Equatable {
  /// Leave out what cannot be read or has no usable label, and count it, instead of stopping.
  public var skipBad = false
  public var decode = DecodeOptions()
  /// Files of a folder or archive, or lines of a table.
  public var maxEntries = 20_000_000

  public init(skipBad: Bool = false) { self.skipBad = skipBad }
}

/// A named part of a data set.
public struct DatasetSplit: Sendable, Equatable, Codable {
  public let name: String
  /// The splits that make it up, where it is no part of its own (`test` = `public` + `private`).
  public let parts: [String]

  public init(_ name: String, parts: [String] = []) {
    self.name = name
    self.parts = parts
  }

  /// Other names under which splits are asked for or stored.
  private static let synonyms = [
    "training": "train", "testing": "test", "valid": "validation", "val": "validation", "dev": "validation",
    "publictest": "public", "privatetest": "private",
  ]

  /// The name that Aviary uses for `name`.
  public static func canonical(_ name: String) -> String {
    let name = name.lowercased()
    return synonyms[name] ?? name
  }
}

/// A kind of data set, registered by a plugin: knows the layouts in which it is found on disk.
public protocol DatasetProvider: Sendable {
  /// What stands before the colon in `KIND:PATH`; lower case.
  var kind: String { get }
  /// One line for lists.
  var summary: String { get }

  /// The splits that exist at `path`, in a fixed order.
  func splits(path: String, options: DatasetOptions) throws(DatasetError) -> [DatasetSplit]

  /// The samples of one split, in a stable order.
  ///
  /// - Throws: `DatasetError` for missing files, unknown splits, and entries without a usable label (which
  ///   `options.skipBad` collects in `Dataset.skipped`). Pictures are not read.
  func open(path: String, split: String, options: DatasetOptions) throws(DatasetError) -> Dataset
}

extension DatasetProvider {
  /// The split that is meant where none is named: `test` where there is one, else the first.
  public func defaultSplit(path: String, options: DatasetOptions) throws(DatasetError) -> String {
    let names = try splits(path: path, options: options).map(\.name)
    return names.contains("test") ? "test" : names.first ?? "all"
  }

  /// The canonical name of `split`, if it is one of `available`.
  public func checkedSplit(
    _ split: String, path: String, available: [DatasetSplit]
  ) throws(DatasetError) -> DatasetSplit {
    let name = DatasetSplit.canonical(split)
    guard let found = available.first(where: { $0.name == name }) else {
      throw .unknownSplit(split, dataset: "\(kind):\(path)", available: available.map(\.name))
    }
    return found
  }
}
