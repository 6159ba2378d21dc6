import AviaryCore
import AviaryEvaluation
import AviaryImage
import AviaryMetrics
import AviaryReport
import AviaryZoo

/// Everything that a list of plugins adds. A value; nothing is global.
public struct PluginRegistry: Sendable {
  /// In the order of loading.
  public let plugins: [PluginManifest]
  let contents: PluginRegistrar.Contents

  /// - Throws: `PluginError` for names that are taken or are no names.
  public init(_ plugins: [any AviaryPlugin]) throws(PluginError) {
    var loaded: [PluginManifest] = []
    var contents = PluginRegistrar.Contents()
    var files: [String: String] = [:]
    for plugin in plugins {
      do throws(PluginError) {
        contents = try Self.registered(plugin, after: loaded, contents)
      } catch {
        throw error.naming(plugin.file, others: files)
      }
      loaded.append(plugin.manifest)
      files[plugin.manifest.id] = plugin.file
    }
    self.plugins = loaded
    self.contents = contents
  }

  private static func registered(
    _ plugin: any AviaryPlugin, after loaded: [PluginManifest], _ contents: PluginRegistrar.Contents
  ) throws(PluginError) -> PluginRegistrar.Contents {
    let id = plugin.manifest.id
    guard PluginManifest.isName(id) else { throw .badName(what: "plugin", name: id, plugin: id) }
    guard !loaded.contains(where: { $0.id == id }) else {
      throw .duplicate(what: "plugin", name: id, plugin: id, other: id)
    }
    var registrar = PluginRegistrar(plugin: id, contents: contents)
    try plugin.register(with: &registrar)
    return registrar.contents
  }

  /// All operators, for `SessionOptions.registry`.
  public var operators: OperatorRegistry { contents.operators }

  /// All families of models, in the order of their names.
  public var families: FamilyCatalog {
    FamilyCatalog(contents.families.names.compactMap { contents.families[$0] })
  }

  /// All preprocessing steps, for classifiers.
  public var steps: PreprocessingSteps { PreprocessingSteps(contents.steps.items) }

  /// All metrics, in the order of registration.
  public var metrics: [Metric] { contents.metrics.items }

  /// Report formats in the order of registration.
  public var formats: [any ReportFormat] { contents.formats.items }

  public func format(_ name: String) -> (any ReportFormat)? { contents.formats[name.lowercased()] }

  /// All face detectors, in the order of registration.
  public var detectors: [Contribution] { contents.detectors.contributions }

  /// Opens `NAME` or `NAME:ARGUMENT`.
  ///
  /// - Throws: `DetectionError` where there is no such detector or it cannot be had.
  public func detector(_ text: String) throws(DetectionError) -> any FaceDetector {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let name = parts.first.map(String.init) ?? ""
    guard let provider = contents.detectors[name.lowercased()] else {
      throw DetectionError(
        detector: name,
        problem: "there is none of that name; known are "
          + contents.detectors.names.joined(separator: ", "))
    }
    return try provider.open(parts.count > 1 ? String(parts[1]) : nil)
  }

  /// What all plugins add, kind by kind, in the order of registration.
  public var contributions: [Contribution] {
    let operators = contents.operatorOwners.map { owned in
      Contribution(
        kind: .operator, name: owned.factory.id.description,
        summary: "opset \(owned.factory.opsets.lowerBound) to \(owned.factory.opsets.upperBound)",
        plugin: owned.plugin)
    }
    return operators + contents.families.contributions + contents.datasets.contributions
      + contents.steps.contributions + contents.detectors.contributions + contents.metrics.contributions
      + contents.formats.contributions
  }
}
