import AviaryMetrics
import AviaryPlugins

/// The metrics of every report: scikit-learn's numbers.
public struct StandardMetricsPlugin: AviaryPlugin {
  public let manifest = PluginManifest(
    id: "standard-metrics", version: "1.0.0", summary: "accuracy, F1, AUC, log-loss and the like")

  public init() {}

  public func register(with registrar: inout PluginRegistrar) throws(PluginError) {
    for metric in Metric.all { try registrar.add(metric) }
  }
}
