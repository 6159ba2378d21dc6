import AviaryImage

/// The faces of a picture and what models say of each.
public struct FaceAnalysis: Sendable, Codable {
  public struct Face: Sendable, Codable {
    /// In pixels of the upright picture.
    public var box: DetectedFace
    /// One for each model, in the order of the models.
    public var answers: [Answer]

    public init(box: DetectedFace, answers: [Answer]) {
      self.box = box
      self.answers = answers
    }
  }

  /// What one model says of one face.
  public struct Answer: Sendable, Codable {
    public var model: String
    /// The likeliest class.
    public var label: String
    /// All classes in the model's own order.
    public var scores: [Model.Score]

    public init(model: String, label: String, scores: [Model.Score]) {
      self.model = model
      self.label = label
      self.scores = scores
    }
  }

  /// Milliseconds of each step.
  public struct Times: Sendable, Codable {
    public var detection: Double
    public var cropping: Double
    /// By model.
    public var models: [String: Double]

    public init(detection: Double, cropping: Double, models: [String: Double]) {
      self.detection = detection
      self.cropping = cropping
      self.models = models
    }
  }

  /// Of the upright picture, in pixels.
  public var width: Int
  public var height: Int
  /// The detector that looked.
  public var detector: String
  /// The surest first.
  public var faces: [Face]
  /// Faces that were found, also where only the surest of them are given.
  public var found: Int
  public var milliseconds: Times

  public init(width: Int, height: Int, detector: String, faces: [Face], found: Int, milliseconds: Times) {
    self.width = width
    self.height = height
    self.detector = detector
    self.faces = faces
    self.found = found
    self.milliseconds = milliseconds
  }
}
