import AviaryImage
import AviaryPlugins
import AviaryRuntime
import AviaryZoo

/// Finds the faces of pictures and asks models about each.
///
/// ```swift
/// let analyzer = try FaceAnalyzer(models: ["fer-cnn-bn"])
/// for face in try analyzer.analyze(Image(contentsOf: "photo.jpg")).faces {
///   print(face.box.x, face.box.y, face.answers[0].label)
/// }
/// ```
///
/// Immutable; several threads may use it at once. Making one of a detector and classifiers that are there
/// already costs nothing.
public final class FaceAnalyzer: Sendable {
  public struct Options: Sendable {
    public var cropping = FaceCropping()
    /// Only the surest faces are cropped and classified.
    public var maximumFaces = 100
    /// Less sure faces are left out, 0...1.
    public var minimumScore = 0.0

    public init() {}
  }

  /// The faces of a picture before models are asked.
  public struct Detection: Sendable {
    /// The surest first, `Options.maximumFaces` at most.
    public var faces: [DetectedFace]
    /// Faces before that limit.
    public var found: Int
  }

  public let detector: any FaceDetector
  /// What reports call the detector; of `auto`, the one that it took.
  public let detectorName: String
  public let classifiers: [Classifier]
  public let options: Options

  /// - Parameter name: what reports call the detector where it has no label of its own.
  public init(
    detector: any FaceDetector, named name: String, classifiers: [Classifier], options: Options = .init()
  ) {
    self.detector = detector
    // Without the files and options that may follow.
    detectorName = detector.label ?? String(name.prefix { $0 != ":" })
    self.classifiers = classifiers
    self.options = options
  }

  /// Opens and loads everything.
  ///
  /// - Parameters:
  ///   - detector: `NAME` or `NAME:ARGUMENT`, as `predict --detector` takes it.
  ///   - models: paths or ids of the zoo.
  /// - Throws: `DetectionError`, `ZooError`, `ImportError`.
  public convenience init(
    detector: String = "auto", models: [String], options: Options = .init(),
    session: SessionOptions = .init(),
    plugins: PluginRegistry? = nil
  ) throws {
    let plugins = try plugins ?? BuiltinPlugins.registry()
    self.init(
      detector: try plugins.detector(detector), named: detector,
      classifiers: try models.map { try Model($0, options: session, plugins: plugins).classifier },
      options: options)
  }

  /// The faces of a picture; none is an answer too.
  ///
  /// - Throws: `DetectionError`, also for a face that is none.
  public func detect(_ image: Image) throws(DetectionError) -> Detection {
    let found = try detector.detect(image).filter { $0.score >= options.minimumScore }
    for face in found {
      if let problem = face.problem {
        throw DetectionError(detector: detectorName, problem: "a face \(problem)")
      }
    }
    return Detection(faces: Array(found.prefix(max(0, options.maximumFaces))), found: found.count)
  }

  /// The pictures of faces, as models get them.
  public func crops(_ faces: [DetectedFace], of image: Image) throws(ImageError.Reason) -> [Image] {
    var crops: [Image] = []
    for face in faces { crops.append(try image.face(face, cropping: options.cropping)) }
    return crops
  }

  /// Finds the faces, cuts them out and asks every model once for all of them.
  ///
  /// - Throws: `DetectionError`, `ImageError.Reason`, and what a model throws.
  public func analyze(_ image: Image) throws -> FaceAnalysis {
    try analyze(image) { classifier, crops in try classifier.classify(crops) }
  }

  /// The same with the models' step in the caller's hands.
  ///
  /// - Parameter classify: gives a row of probabilities for each crop, in the order of the model's labels;
  ///   called once for each model, not at all where there is no face.
  /// - Throws: as above, and what `classify` throws.
  public func analyze(
    _ image: Image, classify: (Classifier, [Image]) throws -> [[Float]]
  ) throws -> FaceAnalysis {
    let clock = ContinuousClock()
    var detection = Detection(faces: [], found: 0)
    let detecting = try clock.measure { detection = try detect(image) }
    var crops: [Image] = []
    let cropping = try clock.measure { crops = try self.crops(detection.faces, of: image) }

    var faces = detection.faces.map { FaceAnalysis.Face(box: $0, answers: []) }
    var times: [String: Double] = [:]
    for classifier in classifiers where !crops.isEmpty {
      var rows: [[Float]] = []
      let time = try clock.measure { rows = try Self.rows(classifier, crops, classify) }
      times[classifier.id, default: 0] += milliseconds(time)
      for (index, row) in rows.enumerated() {
        faces[index].answers.append(.init(model: classifier.id, row: row, labels: classifier.contract.labels))
      }
    }
    return FaceAnalysis(
      width: image.width, height: image.height, detector: detectorName, faces: faces, found: detection.found,
      milliseconds: .init(
        detection: milliseconds(detecting), cropping: milliseconds(cropping), models: times))
  }

  private static func rows(
    _ classifier: Classifier, _ crops: [Image], _ classify: (Classifier, [Image]) throws -> [[Float]]
  ) throws -> [[Float]] {
    let rows = try classify(classifier, crops)
    guard rows.count == crops.count else {
      throw ZooError.classes(
        model: classifier.id, problem: "gave \(rows.count) answers to \(crops.count) faces")
    }
    return rows
  }
}

extension FaceAnalysis.Answer {
  /// - Parameter labels: classes without a label are called by their number.
  public init(model: String, row: [Float], labels: [String]?) {
    let names = labels ?? row.indices.map { "class \($0)" }
    let scores = zip(names, row).map { Model.Score(label: $0, probability: $1) }
    let best = scores.max { $0.probability < $1.probability }
    self.init(model: model, label: best?.label ?? "", scores: scores)
  }
}

private func milliseconds(_ duration: Duration) -> Double {
  Double(duration.components.seconds) * 1e3 + Double(duration.components.attoseconds) * 1e-15
}
