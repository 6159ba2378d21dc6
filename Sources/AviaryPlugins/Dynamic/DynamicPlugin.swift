import CAviaryPlugin
import Foundation

/// A plugin in a shared library, written in any language against `CAviaryPlugin`.
///
/// Its code runs in this process with all its rights: load only what you trust. What it answers is checked,
/// so that a faulty plugin gives errors, but no check can help against code that writes to foreign memory.
/// A library is never unloaded: names, tables and running code of it may be anywhere.
public struct DynamicPlugin: AviaryPlugin {
  public let manifest: PluginManifest
  /// Of the library.
  public let path: String
  public var file: String? { path }

  let operators: [ForeignOperatorTable]
  let datasets: [ForeignDataset]
  let steps: [ForeignStep]
  let detectors: [ForeignDetector]

  /// Opens the library and reads what it declares.
  ///
  /// - Throws: `PluginError` for a file that is no library, has no entry, is of another ABI, or declares
  ///   garbage.
  public init(path: String) throws(PluginError) {
    self.path = path
    let table = try Self.entry(path)
    do throws(CallFailure) {
      let id = try foreignText(table.id, "the id of the plugin")
      manifest = PluginManifest(
        id: id, version: try foreignText(table.version, "the version of plugin '\(id)'"),
        summary: try foreignText(table.summary, "the summary of plugin '\(id)'"))
      var operators: [ForeignOperatorTable] = []
      for item in try foreignTables(table.operators, count: table.operator_count, "operator") {
        operators.append(try ForeignOperatorTable(item, plugin: id))
      }
      var datasets: [ForeignDataset] = []
      for item in try foreignTables(table.datasets, count: table.dataset_count, "data set") {
        datasets.append(try ForeignDataset(item, plugin: id))
      }
      var steps: [ForeignStep] = []
      for item in try foreignTables(table.steps, count: table.step_count, "preprocessing step") {
        steps.append(try ForeignStep(item, plugin: id))
      }
      var detectors: [ForeignDetector] = []
      for item in try foreignTables(table.detectors, count: table.detector_count, "face detector") {
        detectors.append(try ForeignDetector(item, plugin: id))
      }
      self.operators = operators
      self.datasets = datasets
      self.steps = steps
      self.detectors = detectors
    } catch {
      throw .malformed(path: path, problem: error.description)
    }
  }

  public func register(with registrar: inout PluginRegistrar) throws(PluginError) {
    for item in operators { try registrar.add(item.factory) }
    for item in datasets { try registrar.add(item) }
    for item in steps { try registrar.add(item) }
    for item in detectors { try registrar.add(item) }
  }

  // MARK: The library

  private static func entry(_ path: String) throws(PluginError) -> CAviaryPlugin.AviaryPlugin {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw .library(path: path, problem: "there is no such file")
    }
    guard !isFolder.boolValue else {
      throw .library(path: path, problem: "is a folder, not a shared library")
    }
    // Without a slash the loader would search its own folders.
    let file = path.contains("/") ? path : "./\(path)"
    guard let library = dlopen(file, RTLD_NOW | RTLD_LOCAL) else {
      throw .library(path: path, problem: "cannot be loaded as a shared library (\(loaderMessage()))")
    }
    let symbol = "aviary_plugin_entry"
    guard let address = dlsym(library, symbol) else {
      throw .library(path: path, problem: "has no function '\(symbol)', so it is no plugin of Aviary")
    }
    let entry = unsafeBitCast(address, to: AviaryPluginEntry.self)
    guard let table = entry(UInt32(AVIARY_ABI)) else {
      throw .library(path: path, problem: "does not work with ABI \(AVIARY_ABI); ask for a version that does")
    }
    return try checked(table, path)
  }

  /// The ABI comes first: of another one not even the size can be trusted to mean the same.
  private static func checked(
    _ table: UnsafePointer<CAviaryPlugin.AviaryPlugin>, _ path: String
  ) throws(PluginError) -> CAviaryPlugin.AviaryPlugin {
    if Int(bitPattern: table) % MemoryLayout<UInt32>.alignment == 0 {
      let abi = UnsafeRawPointer(table).load(fromByteOffset: 4, as: UInt32.self)
      guard abi == UInt32(AVIARY_ABI) else {
        throw .abi(path: path, what: "the plugin", found: abi, expected: UInt32(AVIARY_ABI))
      }
    }
    do throws(CallFailure) { return try foreignTable(table, "the plugin's table") } catch {
      throw .malformed(path: path, problem: error.description)
    }
  }

  private static func loaderMessage() -> String {
    guard let text = dlerror() else { return "no reason given" }
    return String(cString: text)
  }
}
