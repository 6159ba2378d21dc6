import AviaryOperators
import AviaryPlugins

/// The operators of the ONNX specification, and the fused ones that our optimizer makes of them.
public struct ONNXOperatorsPlugin: AviaryPlugin {
  public let manifest = PluginManifest(
    id: "onnx-operators", version: "1.0.0", summary: "the operators of the ONNX specification")

  public init() {}

  public func register(with registrar: inout PluginRegistrar) throws(PluginError) {
    for type in StandardOperators.all { try registrar.add(type) }
  }
}
