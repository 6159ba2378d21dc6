import AviaryPlugins
import AviaryZoo

/// The family ViT.
public struct ViTPlugin: AviaryPlugin {
  public let manifest = PluginManifest(
    id: "vit", version: "1.0.0", summary: "Vision Transformer, DeiT")

  public init() {}

  public func register(with registrar: inout PluginRegistrar) throws(PluginError) {
    try registrar.add(ViTFamily())
  }
}
