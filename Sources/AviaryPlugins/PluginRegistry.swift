import AviaryEvaluation
import AviaryZoo

/// Everything that a list of plugins adds.
public struct PluginRegistry: Sendable {
  /// In the order of loading.
  public let plugins: [PluginManifest]
  private let datasets: [String: PluginRegistrar.Registered<any DatasetProvider>]
  /// The families of models, by name.
  public let families: FamilyCatalog

  /// - Throws: `PluginError` for names that are taken or are no names.
  public init(_ plugins: [any AviaryPlugin]) throws(PluginError) {
    var loaded: [PluginManifest] = []
    var datasets: [String: PluginRegistrar.Registered<any DatasetProvider>] = [:]
    var families: [String: PluginRegistrar.Registered<any ModelFamily>] = [:]
    for plugin in plugins {
      let id = plugin.manifest.id
      guard PluginRegistrar.isName(id) else { throw .badName(what: "plugin", name: id, plugin: id) }
      guard !loaded.contains(where: { $0.id == id }) else {
        throw .duplicate(what: "plugin", name: id, plugin: id, other: id)
      }
      var registrar = PluginRegistrar(plugin: id, datasets: datasets, families: families)
      try plugin.register(with: &registrar)
      datasets = registrar.datasets
      families = registrar.families
      loaded.append(plugin.manifest)
    }
    self.plugins = loaded
    self.datasets = datasets
    self.families = FamilyCatalog(families.sorted { $0.key < $1.key }.map(\.value.item))
  }

  /// The kinds of data sets, sorted.
  public var datasetKinds: [String] { datasets.keys.sorted() }

  /// - Throws: `DatasetError.unknownKind`.
  public func dataset(_ kind: String) throws(DatasetError) -> any DatasetProvider {
    guard let found = datasets[kind.lowercased()] else { throw .unknownKind(kind, known: datasetKinds) }
    return found.item
  }

  /// Splits `KIND:PATH`.
  ///
  /// - Throws: `DatasetError.unknownKind`, also where there is no colon.
  public func reference(
    _ text: String
  ) throws(DatasetError) -> (provider: any DatasetProvider, path: String) {
    guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else {
      throw .unknownKind(text, known: datasetKinds)
    }
    let path = String(text[text.index(after: colon)...])
    let provider = try dataset(String(text[..<colon]))
    guard !path.isEmpty else { throw .file(path: text, problem: "no path follows the colon") }
    return (provider, path)
  }

  /// Opens `KIND:PATH`; without a split, its default one.
  public func open(
    _ text: String, split: String? = nil, options: DatasetOptions = DatasetOptions()
  ) throws(DatasetError) -> Dataset {
    let (provider, path) = try reference(text)
    let wanted: String
    if let split {
      wanted = split
    } else {
      wanted = try provider.defaultSplit(path: path, options: options)
    }
    return try provider.open(path: path, split: wanted, options: options)
  }
}
