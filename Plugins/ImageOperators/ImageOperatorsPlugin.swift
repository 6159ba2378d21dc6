import AviaryPlugins

/// The operator of the ONNX specification that reads picture files. Apart from the others, because those know
/// no image formats.
public struct ImageOperatorsPlugin: AviaryPlugin {
  public let manifest = PluginManifest(
    id: "image-operators", version: "1.0.0", summary: "ImageDecoder, the ONNX operator that reads picture files")

  public init() {}

  public func register(with registrar: inout PluginRegistrar) throws(PluginError) {
    try registrar.add(ImageDecoder.self)
  }
}
