import Foundation

extension DynamicPlugin {
  /// The variable that names plugins to load, separated by colons.
  public static let environmentVariable = "AVIARY_PLUGINS"

  /// The libraries that `load` opens, in its order.
  public static func paths(
    _ paths: [String], environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> [String] {
    let listed = (environment[environmentVariable] ?? "").split(separator: ":").map(String.init)
    var seen: Set<String> = []
    return (listed + paths).filter { path in
      seen.insert(URL(fileURLWithPath: path).resolvingSymlinksInPath().path).inserted
    }
  }

  /// Loads libraries: those of `AVIARY_PLUGINS`, then `paths`; one that is named twice, once.
  ///
  /// - Throws: `PluginError` for the first that cannot be used.
  public static func load(
    _ paths: [String], environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(PluginError) -> [DynamicPlugin] {
    var plugins: [DynamicPlugin] = []
    for path in Self.paths(paths, environment: environment) { plugins.append(try DynamicPlugin(path: path)) }
    return plugins
  }
}
