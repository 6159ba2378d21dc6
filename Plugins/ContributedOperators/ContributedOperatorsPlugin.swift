import AviaryPlugins

/// Operators of ONNX Runtime's own domain that quantisers and exporters emit.
public struct ContributedOperatorsPlugin: AviaryPlugin {
  public let manifest = PluginManifest(
    id: "contributed-operators", version: "1.0.0",
    summary: "operators of the domain com.microsoft that quantisers and exporters emit")

  public init() {}

  public func register(with registrar: inout PluginRegistrar) throws(PluginError) {
    for type in ContributedOperators.all { try registrar.add(type) }
  }
}
