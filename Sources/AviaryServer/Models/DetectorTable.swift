import Aviary

/// The face detectors that requests may name, opened once. Requests give bare names; what follows a colon on
/// the command line names files and stays there.
package struct DetectorTable: Sendable {
  struct Entry: Sendable {
    let id: String
    let summary: String
    /// `nil` where its weights or data are not there.
    let detector: (any FaceDetector)?
  }

  let entries: [Entry]
  let standard: String
  let cropping: FaceCropper

  /// - Parameters:
  ///   - standard: what is used where a request names none; may have an argument.
  /// - Throws: `DetectionError` where the standard one cannot be had.
  package init(standard: String, plugins: PluginRegistry, note: (String) -> Void = { _ in }) throws {
    let name = String(standard.prefix { $0 != ":" }).lowercased()
    let chosen = try plugins.detector(standard)
    entries = plugins.contributions.filter { $0.kind == .detector }.map { contribution in
      if contribution.name == name { return Entry(id: name, summary: contribution.summary, detector: chosen) }
      do throws(DetectionError) {
        let detector = try plugins.detector(contribution.name)
        return Entry(id: contribution.name, summary: contribution.summary, detector: detector)
      } catch {
        note("\(error)")
        return Entry(id: contribution.name, summary: contribution.summary, detector: nil)
      }
    }
    self.standard = name
    cropping = FaceCropper()
  }

  /// - Throws: `HTTPFailure` 400 where there is none of that name, or it cannot be had.
  func detector(_ name: String?) throws(HTTPFailure) -> (id: String, detector: any FaceDetector) {
    let name = name ?? standard
    guard let entry = entries.first(where: { $0.id == name }) else {
      throw .badRequest(
        "there is no detector '\(name.prefix(80))'; there are "
          + entries.filter { $0.detector != nil }.map(\.id).joined(separator: ", "))
    }
    guard let detector = entry.detector else {
      throw .badRequest("the detector '\(name)' is not available: its weights are not on this server")
    }
    return (name, detector)
  }
}

/// How a face becomes the picture that models see.
struct FaceCropper: Sendable {
  /// Faces of one picture at most, the surest: a picture of noise must not cost a thousand runs.
  let maximumFaces = 100

  func crop(_ face: DetectedFace, of image: Image) throws(ImageError.Reason) -> Image {
    try image.cropped(to: face)
  }
}
