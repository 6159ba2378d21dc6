import AviaryImage

/// `auto`: the best detector whose files are here.
struct Auto: FaceDetectorProvider {
  let name = "auto"
  let summary = "the first of yunet, mtcnn, ultraface, haar whose files are here; [folder of weights]"

  /// The best first.
  private static let providers: [any FaceDetectorProvider] = [YuNet(), MTCNN(), UltraFace(), Haar()]

  func open(_ argument: String?) throws(DetectionError) -> any FaceDetector {
    let argument = try DetectorArgument(argument, detector: name)
    try argument.finish()
    var problems: [String] = []
    for provider in Self.providers {
      // Cascades come from the system, not out of a folder of weights.
      let place = provider.name == "haar" ? nil : argument.file
      do throws(DetectionError) {
        return AutoDetector(detector: try provider.open(place), label: provider.name)
      } catch {
        problems.append("\n  \(provider.name): \(error.problem)")
      }
    }
    throw DetectionError(
      detector: name, problem: "no detector's files are here; 'none' takes whole pictures" + problems.joined()
    )
  }
}

struct AutoDetector: FaceDetector {
  let detector: any FaceDetector
  let label: String?

  func detect(_ image: Image) throws(DetectionError) -> [DetectedFace] { try detector.detect(image) }
}
