import AviaryPlugins
import AviaryZoo

/// The family EfficientNet.
public struct EfficientNetPlugin: AviaryPlugin {
  public let manifest = PluginManifest(
    id: "efficientnet", version: "1.0.0", summary: "EfficientNet, EfficientNetV2, EfficientNet-Lite")

  public init() {}

  public func register(with registrar: inout PluginRegistrar) throws(PluginError) {
    try registrar.add(EfficientNetFamily())
  }
}
