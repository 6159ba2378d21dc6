import AviaryPlugins

/// Face detectors: one cascade of Haar features and three networks, and one that takes the best there is.
public struct FaceDetectorsPlugin: AviaryPlugin {
  public let manifest = PluginManifest(
    id: "face-detectors", version: "1.0.0",
    summary: "finds faces in photos: YuNet, MTCNN, UltraFace, Haar cascades")

  public init() {}

  public func register(with registrar: inout PluginRegistrar) throws(PluginError) {
    try registrar.add(Auto())
    try registrar.add(YuNet())
    try registrar.add(MTCNN())
    try registrar.add(UltraFace())
    try registrar.add(Haar())
  }
}
