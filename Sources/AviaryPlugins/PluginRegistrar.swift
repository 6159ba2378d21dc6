import AviaryEvaluation
import AviaryZoo

/// Takes what one plugin registers. Names are unique over all plugins.
public struct PluginRegistrar: Sendable {
  let plugin: String
  private(set) var datasets: [String: Registered<any DatasetProvider>]
  private(set) var families: [String: Registered<any ModelFamily>]

  /// Something registered and the plugin that did it.
  struct Registered<Item: Sendable>: Sendable {
    let item: Item
    let plugin: String
  }

  init(
    plugin: String, datasets: [String: Registered<any DatasetProvider>],
    families: [String: Registered<any ModelFamily>]
  ) {
    self.plugin = plugin
    self.datasets = datasets
    self.families = families
  }

  /// Adds a kind of data set, named by its `kind`.
  public mutating func add(_ dataset: any DatasetProvider) throws(PluginError) {
    try Self.insert(dataset, named: dataset.kind, what: "data set", by: plugin, into: &datasets)
  }

  /// Adds a family of models, named by its `name` without regard to case.
  public mutating func add(_ family: any ModelFamily) throws(PluginError) {
    try Self.insert(
      family, named: family.name.lowercased(), what: "model family", by: plugin, into: &families)
  }

  private static func insert<Item: Sendable>(
    _ item: Item, named name: String, what: String, by plugin: String,
    into list: inout [String: Registered<Item>]
  ) throws(PluginError) {
    guard isName(name) else { throw .badName(what: what, name: name, plugin: plugin) }
    if let other = list[name] {
      throw .duplicate(what: what, name: name, plugin: plugin, other: other.plugin)
    }
    list[name] = Registered(item: item, plugin: plugin)
  }

  static func isName(_ name: String) -> Bool {
    let allowed = "abcdefghijklmnopqrstuvwxyz0123456789-_.".utf8
    return (1...64).contains(name.utf8.count) && name.utf8.allSatisfy(allowed.contains)
  }
}
