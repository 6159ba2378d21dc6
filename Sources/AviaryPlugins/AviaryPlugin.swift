/// What a plugin is called and what it brings.
public struct PluginManifest: Sendable, Equatable, Codable {
  /// Unique; lower case, such as `fer2013`.
  public let id: String
  /// Semantic version.
  public let version: String
  /// One line.
  public let summary: String

  public init(id: String, version: String, summary: String) {
    self.id = id
    self.version = version
    self.summary = summary
  }
}

/// A module that adds things to Aviary: operators, data sets, preprocessing steps, face detectors, metrics,
/// report formats. A kind of thing is added by giving `PluginRegistrar` another list.
///
/// Everything that Aviary ships is added this way (`BuiltinPlugins`).
public protocol AviaryPlugin: Sendable {
  var manifest: PluginManifest { get }

  /// Registers what the plugin adds. Called once.
  func register(with registrar: inout PluginRegistrar) throws(PluginError)
}

/// Why a plugin cannot be used.
public enum PluginError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Two plugins with one id, or two things of one kind with one name.
  case duplicate(what: String, name: String, plugin: String, other: String)
  /// A name that could not be written on the command line.
  case badName(what: String, name: String, plugin: String)

  public var description: String {
    switch self {
    case .duplicate(let what, let name, let plugin, let other):
      "plugin '\(plugin)': \(what) '\(name)' has been registered by plugin '\(other)' already"
    case .badName(let what, let name, let plugin):
      "plugin '\(plugin)': '\(name)' is no name for a \(what); use lower-case letters, digits, '-', '_', '.'"
    }
  }
}
