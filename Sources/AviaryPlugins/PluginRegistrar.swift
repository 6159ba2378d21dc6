import AviaryCore
import AviaryEvaluation
import AviaryImage
import AviaryMetrics
import AviaryReport
import AviaryZoo

/// Takes what one plugin registers. Names are unique among the things of one kind, over all plugins.
public struct PluginRegistrar: Sendable {
  let plugin: String
  private(set) var contents = Contents()

  /// What all plugins so far have registered, by kind.
  struct Contents: Sendable {
    var operators = OperatorRegistry()
    var operatorOwners: [(factory: OperatorFactory, plugin: String)] = []
    var families = NamedTable<any ModelFamily>(.family)
    var datasets = NamedTable<any DatasetProvider>(.dataset)
    var steps = NamedTable<any PreprocessingStep>(.step)
    var detectors = NamedTable<any FaceDetectorProvider>(.detector)
    var metrics = NamedTable<Metric>(.metric)
    var formats = NamedTable<any ReportFormat>(.format)
  }

  init(plugin: String, contents: Contents) {
    self.plugin = plugin
    self.contents = contents
  }

  /// Adds an operator.
  ///
  /// - Throws: `PluginError` where a plugin has registered it for one of its versions.
  public mutating func add(_ operator: any Operator.Type) throws(PluginError) {
    try add(OperatorFactory(`operator`))
  }

  /// Adds an operator whose name is known only at run time.
  public mutating func add(_ factory: OperatorFactory) throws(PluginError) {
    let letters = (factory.id.name + factory.id.domain).utf8
    guard !factory.id.name.isEmpty, letters.count <= 256, letters.allSatisfy({ $0 > 32 && $0 < 127 }) else {
      throw .badName(what: Contribution.Kind.operator.title, name: factory.id.description, plugin: plugin)
    }
    do throws(RegistryError) {
      try contents.operators.register(factory)
    } catch {
      let other = contents.operatorOwners.first {
        $0.factory.id == factory.id && $0.factory.opsets.overlaps(factory.opsets)
      }
      throw .duplicate(
        what: Contribution.Kind.operator.title, name: factory.id.description, plugin: plugin,
        other: other?.plugin ?? plugin)
    }
    contents.operatorOwners.append((factory, plugin))
  }

  /// Adds a family of models, named by its `name` without regard to case.
  public mutating func add(_ family: any ModelFamily) throws(PluginError) {
    try contents.families.insert(
      family, named: family.name.lowercased(), summary: family.summary, by: plugin)
  }

  /// Adds a kind of data set, named by its `kind`.
  public mutating func add(_ dataset: any DatasetProvider) throws(PluginError) {
    try contents.datasets.insert(dataset, named: dataset.kind, summary: dataset.summary, by: plugin)
  }

  /// Adds a preprocessing step.
  public mutating func add(_ step: any PreprocessingStep) throws(PluginError) {
    try contents.steps.insert(step, named: step.name, summary: step.summary, by: plugin)
  }

  /// Adds a kind of face detector.
  public mutating func add(_ detector: any FaceDetectorProvider) throws(PluginError) {
    try contents.detectors.insert(detector, named: detector.name, summary: detector.summary, by: plugin)
  }

  /// Adds a metric, which every evaluation then computes.
  public mutating func add(_ metric: Metric) throws(PluginError) {
    try contents.metrics.insert(metric, named: metric.name, summary: metric.title, by: plugin)
  }

  /// Adds a format for reports.
  public mutating func add(_ format: any ReportFormat) throws(PluginError) {
    try contents.formats.insert(format, named: format.name, summary: format.summary, by: plugin)
  }
}
