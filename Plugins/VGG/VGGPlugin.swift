import AviaryPlugins
import AviaryZoo

/// The family VGG.
public struct VGGPlugin: AviaryPlugin {
  public let manifest = PluginManifest(
    id: "vgg", version: "1.0.0", summary: "VGG: groups of 3x3 convolutions between pools")

  public init() {}

  public func register(with registrar: inout PluginRegistrar) throws(PluginError) {
    try registrar.add(VGGFamily())
  }
}
