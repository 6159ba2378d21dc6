import AviaryImage
import CAviaryPlugin

/// A face detector of a loaded plugin.
///
/// Why `@unchecked Sendable` holds: as for `ForeignOperatorTable`.
struct ForeignDetector: FaceDetectorProvider, @unchecked Sendable {
  let name: String
  let summary: String
  private let plugin: String
  private let table: AviaryDetector

  /// - Throws: `CallFailure.broken` for whatever is wrong with the table.
  init(_ table: AviaryDetector, plugin: String) throws(CallFailure) {
    name = try foreignText(table.name, "the name of a face detector")
    summary = try foreignText(table.summary, "the summary of face detector '\(name)'")
    try requireCallbacks(
      ["open": table.open != nil, "close": table.close != nil, "detect": table.detect != nil],
      "face detector '\(name)'")
    self.table = table
    self.plugin = plugin
  }

  func open(_ argument: String?) throws(DetectionError) -> any FaceDetector {
    do throws(CallFailure) { return try instance(argument) } catch { throw detectionError(error) }
  }

  /// - Throws: `CallFailure`.
  func instance(_ argument: String?) throws(CallFailure) -> Instance {
    guard let open = table.open else { throw .broken("it has no function 'open'") }
    let arena = ForeignArena()
    let text = argument.flatMap { arena.text($0) }
    var handle: UnsafeMutableRawPointer?
    try foreignCall("open") { open(table.`self`, text, &handle, $0) }
    withExtendedLifetime(arena) {}
    return Instance(self, handle)
  }

  private func detectionError(_ failure: CallFailure) -> DetectionError {
    DetectionError(detector: name, problem: "plugin '\(plugin)': \(failure)")
  }

  /// A detector that was opened; closed with the last reference.
  final class Instance: FaceDetector, @unchecked Sendable {
    private let detector: ForeignDetector
    private let handle: UnsafeMutableRawPointer?

    init(_ detector: ForeignDetector, _ handle: UnsafeMutableRawPointer?) {
      self.detector = detector
      self.handle = handle
    }

    deinit { detector.table.close?(detector.table.`self`, handle) }

    func detect(_ image: Image) throws(DetectionError) -> [DetectedFace] {
      do throws(CallFailure) { return try faces(image) } catch { throw detector.detectionError(error) }
    }

    /// The faces, the surest first.
    ///
    /// - Throws: `CallFailure`.
    func faces(_ image: Image) throws(CallFailure) -> [DetectedFace] {
      guard let detect = detector.table.detect else { throw .broken("it has no function 'detect'") }
      let host = FaceHost()
      var sink = AviaryFaceSink()
      sink.size = foreignSize(AviaryFaceSink.self)
      sink.abi = UInt32(AVIARY_ABI)
      sink.host = Unmanaged.passUnretained(host).toOpaque()
      sink.add = { host, face in
        host.map { Unmanaged<FaceHost>.fromOpaque($0).takeUnretainedValue().add(face) }
          ?? Int32(AVIARY_INVALID.rawValue)
      }
      var failure: CallFailure?
      try image.withForeign { (view) throws(CallFailure) in
        do throws(CallFailure) {
          try foreignCall("detect") { message in
            withUnsafePointer(to: sink) { detect(detector.table.`self`, handle, view, $0, message) }
          }
        } catch { failure = error }
      }
      if let failure = host.failure ?? failure { throw failure }
      return host.faces.enumerated().sorted {
        ($1.element.score, $0.offset) < ($0.element.score, $1.offset)
      }.map(\.element)
    }
  }
}

/// Takes the faces that a plugin finds in one picture.
private final class FaceHost {
  private static let limit = 100_000
  private(set) var faces: [DetectedFace] = []
  private(set) var failure: CallFailure?

  func add(_ face: UnsafePointer<AviaryFace>?) -> Int32 {
    do throws(CallFailure) {
      faces.append(try checked(foreignTable(face, "detect: a face")))
      return Int32(AVIARY_OK.rawValue)
    } catch {
      failure = failure ?? error
      return Int32(AVIARY_INVALID.rawValue)
    }
  }

  private func checked(_ face: AviaryFace) throws(CallFailure) -> DetectedFace {
    guard faces.count < Self.limit else { throw .broken("detect found more than \(Self.limit) faces") }
    guard (0...1024).contains(face.landmark_count) else {
      throw .broken("detect: a face has \(face.landmark_count) landmarks")
    }
    var landmarks: [ImagePoint] = []
    if face.landmark_count > 0 {
      guard let points = face.landmarks else { throw .broken("detect: a face has landmarks at NULL") }
      for index in 0..<Int(face.landmark_count) {
        landmarks.append(ImagePoint(x: Double(points[2 * index]), y: Double(points[2 * index + 1])))
      }
    }
    let result = DetectedFace(
      x: Double(face.x), y: Double(face.y), width: Double(face.width), height: Double(face.height),
      score: Double(face.score), landmarks: landmarks)
    if let problem = result.problem { throw .broken("detect: a face \(problem)") }
    return result
  }
}
