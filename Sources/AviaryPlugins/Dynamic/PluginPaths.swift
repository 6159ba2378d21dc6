import Foundation

extension DynamicPlugin {
  /// The variable that names plugins to load, separated by colons.
  public static let environmentVariable = "AVIARY_PLUGINS"

  /// Loads libraries: those of `AVIARY_PLUGINS`, then `paths`; one that is named twice, once.
  ///
  /// - Throws: `PluginError` for the first that cannot be used.
  public static func load(
    _ paths: [String], environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(PluginError) -> [DynamicPlugin] {
    let listed = (environment[environmentVariable] ?? "").split(separator: ":").map(String.init)
    var plugins: [DynamicPlugin] = []
    var seen: Set<String> = []
    for path in listed + paths {
      let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
      if seen.insert(real).inserted { plugins.append(try DynamicPlugin(path: path)) }
    }
    return plugins
  }
}
