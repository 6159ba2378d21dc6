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

  /// The file that it was loaded from, for messages; `nil` for one that is part of the program.
  var file: String? { get }

  /// Registers what the plugin adds. Called once.
  func register(with registrar: inout PluginRegistrar) throws(PluginError)
}

extension AviaryPlugin {
  public var file: String? { nil }
}

/// Why a plugin cannot be used.
public enum PluginError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Two plugins with one id, or two things of one kind with one name; and the files of the plugins, where they
  /// were loaded from any.
  case duplicate(
    what: String, name: String, plugin: String, other: String, file: String? = nil, otherFile: String? = nil)
  /// A name that could not be written on the command line.
  case badName(what: String, name: String, plugin: String, file: String? = nil)
  /// A file that is no shared library, or one without the entry.
  case library(path: String, problem: String)
  /// A plugin written against another version of the C interface.
  case abi(path: String, what: String, found: UInt32, expected: UInt32)
  /// A plugin that does not keep to the C interface: tables too small, callbacks missing, garbage for names.
  case malformed(path: String, problem: String)

  public var description: String {
    switch self {
    case .duplicate("plugin", let name, _, _, let file, let otherFile):
      Self.place(file) + "a plugin of the name '\(name)' "
        + (otherFile.map { "has been loaded from \($0) already; load one of them" }
          ?? "is part of this program already")
    case .duplicate(let what, let name, let plugin, let other, let file, let otherFile)
    where plugin == other && file == otherFile:
      Self.place(file) + "plugin '\(plugin)' lists the \(what) '\(name)' twice"
    case .duplicate(let what, let name, let plugin, let other, let file, let otherFile):
      Self.place(file) + "plugin '\(plugin)': \(what) '\(name)' has been registered by plugin '\(other)'"
        + (otherFile.map { " (\($0))" } ?? "") + " already"
    case .badName(let what, let name, let plugin, let file):
      Self.place(file) + "plugin '\(plugin)': '\(name)' is no name for a \(what); use lower-case letters, digits, "
        + "'-', '_', '.'"
    case .library(let path, let problem): "\(path): \(problem)"
    case .abi(let path, let what, let found, let expected):
      "\(path): \(what) is of ABI \(found), this version takes \(expected); rebuild the plugin with the "
        + "header that 'aviary plugin new' writes"
    case .malformed(let path, let problem): "\(path): \(problem); 'aviary plugin check' says more"
    }
  }

  private static func place(_ file: String?) -> String { file.map { "\($0): " } ?? "" }

  /// The same naming files: that of the plugin that is being registered, and by id those of the others.
  func naming(_ file: String?, others: [String: String]) -> PluginError {
    switch self {
    case .duplicate(let what, let name, let plugin, let other, _, _):
      .duplicate(
        what: what, name: name, plugin: plugin, other: other, file: file,
        // What a plugin lists twice comes from one file, and it is not among the others yet.
        otherFile: others[other] ?? (what != "plugin" && other == plugin ? file : nil))
    case .badName(let what, let name, let plugin, _):
      .badName(what: what, name: name, plugin: plugin, file: file)
    case .library, .abi, .malformed: self
    }
  }
}
