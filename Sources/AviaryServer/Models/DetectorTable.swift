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
  let options: FaceAnalyzer.Options

  /// - Parameters:
  ///   - standard: what is used where a request names none; may have an argument. `nil`: the best detector
  ///     whose files are here, else whole pictures.
  ///   - options: how faces are cut out, and how many of one picture count.
  /// - Throws: `DetectionError` where the standard one cannot be had.
  package init(
    standard: String?, options: FaceAnalyzer.Options = .init(), plugins: PluginRegistry,
    note: (String) -> Void = { _ in }
  ) throws {
    let (standard, chosen) = try Self.open(standard, plugins, note)
    let name = String(standard.prefix { $0 != ":" }).lowercased()
    entries = plugins.detectors.map { contribution in
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
    self.options = options
  }

  private static func open(
    _ name: String?, _ plugins: PluginRegistry, _ note: (String) -> Void
  ) throws(DetectionError) -> (String, any FaceDetector) {
    if let name { return (name, try plugins.detector(name)) }
    do throws(DetectionError) { return ("auto", try plugins.detector("auto")) } catch {
      note("\(error)")
      return ("none", try plugins.detector("none"))
    }
  }

  /// What finds the faces of a request that names this detector.
  ///
  /// - Throws: `HTTPFailure` 400 where there is none of that name, or it cannot be had.
  func analyzer(_ name: String?) throws(HTTPFailure) -> FaceAnalyzer {
    let name = name ?? standard
    guard let entry = entries.first(where: { $0.id == name }) else {
      throw .badRequest(
        "there is no detector '\(name.prefix(80))'; there are "
          + entries.filter { $0.detector != nil }.map(\.id).joined(separator: ", "))
    }
    guard let detector = entry.detector else {
      throw .badRequest("the detector '\(name)' is not available: its weights are not on this server")
    }
    return FaceAnalyzer(detector: detector, named: detector.label ?? name, classifiers: [], options: options)
  }
}
