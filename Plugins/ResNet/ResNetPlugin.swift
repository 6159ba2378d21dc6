import AviaryPlugins
import AviaryZoo

/// The family ResNet.
public struct ResNetPlugin: AviaryPlugin {
  public let manifest = PluginManifest(
    id: "resnet", version: "1.0.0", summary: "ResNet, ResNeXt, Wide ResNet and their small relatives")

  public init() {}

  public func register(with registrar: inout PluginRegistrar) throws(PluginError) {
    try registrar.add(ResNetFamily())
  }
}
