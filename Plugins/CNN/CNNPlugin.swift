import AviaryPlugins
import AviaryZoo

/// The family CNN.
public struct CNNPlugin: AviaryPlugin {
  public let manifest = PluginManifest(
    id: "cnn", version: "1.0.0", summary: "plain convolutional networks: one way from picture to scores")

  public init() {}

  public func register(with registrar: inout PluginRegistrar) throws(PluginError) {
    try registrar.add(CNNFamily())
  }
}
