import ArgumentParser
import Aviary
import AviaryCore

/// Which plugins to load besides those that ship.
struct PluginFlags: ParsableArguments {
  @Option(
    name: .customLong("plugin"),
    help: ArgumentHelp(
      "Load a plugin, a shared library; may be repeated. AVIARY_PLUGINS names more, separated by colons.",
      valueName: "path"))
  var paths: [String] = []

  /// One registry a process for each list of paths: a plugin is opened and asked once.
  private static let loaded = Guarded<[[String]: PluginRegistry]>([:])

  /// Everything that the shipped plugins and these add.
  ///
  /// - Throws: `PluginError` for a plugin that cannot be used, `CommandError` where it cannot be tried.
  func registry() throws -> PluginRegistry {
    if let known = Self.loaded.withLock({ $0[paths] }) { return known }
    let files = DynamicPlugin.paths(paths)
    // One that crashes must not take the command with it before anybody knows which one it is.
    for file in files { try PluginProbing.tryLoading(file) }
    if !files.isEmpty { ForeignExit.watch(files) }
    let registry = try BuiltinPlugins.registry(with: DynamicPlugin.load(paths))
    Self.loaded.withLock { $0[paths] = registry }
    return registry
  }
}
