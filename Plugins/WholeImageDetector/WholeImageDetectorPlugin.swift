import AviaryImage
import AviaryPlugins

/// For pictures that are cropped to a face already.
public struct WholeImageDetectorPlugin: AviaryPlugin {
  public let manifest = PluginManifest(
    id: "whole-image", version: "1.0.0",
    summary: "the detector for pictures that show one face and nothing else")

  public init() {}

  public func register(with registrar: inout PluginRegistrar) throws(PluginError) {
    try registrar.add(WholeImageDetector())
  }
}

/// `none`: the whole picture is one face, found with certainty.
public struct WholeImageDetector: FaceDetectorProvider, FaceDetector {
  public let name = "none"
  public let summary = "no detection: the whole picture is the face"

  public init() {}

  public func open(_ argument: String?) throws(DetectionError) -> any FaceDetector {
    guard argument == nil else { throw DetectionError(detector: name, problem: "takes no argument") }
    return self
  }

  public func detect(_ image: Image) -> [DetectedFace] {
    [DetectedFace(x: 0, y: 0, width: Double(image.width), height: Double(image.height), score: 1)]
  }
}
