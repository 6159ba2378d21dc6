/// Something that a plugin has added, as lists show it.
public struct Contribution: Sendable, Equatable, Codable {
  public enum Kind: String, Sendable, Codable, CaseIterable {
    case `operator`, family, dataset, step, detector, metric, format

    /// In messages.
    var title: String {
      switch self {
      case .operator: "operator"
      case .family: "model family"
      case .dataset: "data set"
      case .step: "preprocessing step"
      case .detector: "face detector"
      case .metric: "metric"
      case .format: "report format"
      }
    }
  }

  public let kind: Kind
  public let name: String
  public let summary: String
  /// The id of the plugin that brings it.
  public let plugin: String

  public init(kind: Kind, name: String, summary: String, plugin: String) {
    self.kind = kind
    self.name = name
    self.summary = summary
    self.plugin = plugin
  }
}

/// Things of one kind by unique names, in the order of registration.
struct NamedTable<Item: Sendable>: Sendable {
  let kind: Contribution.Kind
  private(set) var items: [Item] = []
  private(set) var contributions: [Contribution] = []
  private var positions: [String: Int] = [:]

  init(_ kind: Contribution.Kind) { self.kind = kind }

  /// Sorted.
  var names: [String] { positions.keys.sorted() }

  subscript(name: String) -> Item? { positions[name].map { items[$0] } }

  /// - Throws: `PluginError` for a name that is none or is taken.
  mutating func insert(
    _ item: Item, named name: String, summary: String, by plugin: String
  ) throws(PluginError) {
    guard PluginManifest.isName(name) else {
      throw .badName(what: kind.title, name: name, plugin: plugin)
    }
    if let other = positions[name] {
      throw .duplicate(what: kind.title, name: name, plugin: plugin, other: contributions[other].plugin)
    }
    positions[name] = items.count
    items.append(item)
    contributions.append(Contribution(kind: kind, name: name, summary: summary, plugin: plugin))
  }
}

extension PluginManifest {
  /// Whether a name can be written on a command line and in a manifest without any quoting.
  static func isName(_ name: String) -> Bool {
    let allowed = "abcdefghijklmnopqrstuvwxyz0123456789-_.".utf8
    return (1...64).contains(name.utf8.count) && name.utf8.allSatisfy(allowed.contains)
  }
}
