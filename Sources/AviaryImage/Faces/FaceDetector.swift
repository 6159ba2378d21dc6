/// A point of a picture, in pixels from its upper left corner.
public struct ImagePoint: Sendable, Equatable, Codable {
  public var x: Double
  public var y: Double

  public init(x: Double, y: Double) {
    self.x = x
    self.y = y
  }
}

/// A face in a picture: where, how sure, and points on it. Lengths are in pixels; a box may reach beyond the
/// picture.
public struct DetectedFace: Sendable, Equatable, Codable {
  public var x: Double
  public var y: Double
  public var width: Double
  public var height: Double
  /// 0...1, higher is surer.
  public var score: Double
  /// What the detector finds, or nothing. Five points are the eye at the left of the picture and the one at
  /// its right, the tip of the nose, the left and the right corner of the mouth.
  public var landmarks: [ImagePoint]

  public init(
    x: Double, y: Double, width: Double, height: Double, score: Double, landmarks: [ImagePoint] = []
  ) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
    self.score = score
    self.landmarks = landmarks
  }

  /// What makes this no face of any picture, if anything does: numbers that are not finite, an empty box, a
  /// score outside 0...1.
  public var problem: String? {
    let numbers = [x, y, width, height, score] + landmarks.flatMap { [$0.x, $0.y] }
    if !numbers.allSatisfy(\.isFinite) { return "has a number that is not finite" }
    if numbers.contains(where: { abs($0) > 1e9 }) { return "lies a thousand million pixels away" }
    if width <= 0 || height <= 0 { return "has a box of \(width) x \(height) pixels" }
    if !(0...1).contains(score) { return "has the score \(score), which is not within 0...1" }
    return nil
  }
}

/// Why faces could not be looked for.
public struct DetectionError: Error, Sendable, Equatable, CustomStringConvertible {
  public let detector: String
  public let problem: String

  public init(detector: String, problem: String) {
    self.detector = detector
    self.problem = problem
  }

  public var description: String { "face detector '\(detector)': \(problem)" }
}

/// Finds faces in pictures. Immutable; several threads may use it at once.
public protocol FaceDetector: Sendable {
  /// The faces of a picture, the surest first.
  func detect(_ image: Image) throws(DetectionError) -> [DetectedFace]

  /// What reports call it where that is more than the name it was opened by: which detector another one took.
  var label: String? { get }
}

extension FaceDetector {
  public var label: String? { nil }
}

/// A kind of face detector, registered by a plugin.
public protocol FaceDetectorProvider: Sendable {
  /// What `--detector` calls it; lower case.
  var name: String { get }
  /// One line for lists.
  var summary: String { get }

  /// The detector, ready to run.
  ///
  /// - Parameter argument: what follows the colon in `NAME:ARGUMENT`: a file of weights, for example.
  /// - Throws: `DetectionError` where it cannot be had.
  func open(_ argument: String?) throws(DetectionError) -> any FaceDetector
}
