import Aviary
import Foundation
import TestSupport

enum PluginFixtures {
  static let folder = Locations.root.appendingPathComponent("Tests/AviaryPluginsTests/Fixtures/plugins")
  static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  /// `faulty.c` with macros.
  static func faulty(_ defines: String...) throws -> String {
    try PluginBuilder.c(folder.appendingPathComponent("faulty.c"), defines: defines)
  }

  /// What ships together with the plugin that has every fault.
  static func faultyRegistry() throws -> PluginRegistry {
    try BuiltinPlugins.registry(with: [DynamicPlugin(path: faulty())])
  }

  /// What the examples' models give, from the script that made them.
  static func expected() throws -> [String: Any] {
    let data = try Data(contentsOf: folder.appendingPathComponent("expected.json"))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }
}
