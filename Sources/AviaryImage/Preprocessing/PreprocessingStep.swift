/// A step that a model's input contract can ask for by name (`input.steps` of a manifest), such as an
/// equalisation of the histogram. Registered by a plugin.
public protocol PreprocessingStep: Sendable {
  /// What manifests call it; lower case.
  var name: String { get }
  /// One line for lists, with the parameters.
  var summary: String { get }

  /// The step with its parameters, ready for any number of pictures on any thread.
  ///
  /// - Throws: `PreprocessingError` for parameters that are missing, of another type or out of range. Those
  ///   that nobody asks `parameters` for are refused by the caller.
  func transform(_ parameters: inout StepParameters) throws(PreprocessingError) -> ImageTransform
}

/// Makes a picture of a picture; either side may have any size and colour.
public typealias ImageTransform = @Sendable (Image) throws(ImageError.Reason) -> Image

/// The steps that are there to be asked for, by name.
public struct PreprocessingSteps: Sendable {
  private let steps: [String: any PreprocessingStep]

  public init() { steps = [:] }

  /// - Parameter steps: with names of their own; of equal names the first counts.
  public init(_ steps: [any PreprocessingStep]) {
    self.steps = Dictionary(steps.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Sorted.
  public var names: [String] { steps.keys.sorted() }

  public subscript(name: String) -> (any PreprocessingStep)? { steps[name] }
}

extension Preprocessing {
  /// A step of a contract: a name, parameters and, once it was looked up, what it does.
  public struct Step: Sendable {
    public let name: String
    public let parameters: [String: StepParameter]
    let transform: ImageTransform?

    public init(_ name: String, _ parameters: [String: StepParameter] = [:]) {
      self.init(name, parameters, nil)
    }

    private init(_ name: String, _ parameters: [String: StepParameter], _ transform: ImageTransform?) {
      self.name = name
      self.parameters = parameters
      self.transform = transform
    }

    func resolved(with steps: PreprocessingSteps) throws(PreprocessingError) -> Step {
      guard let step = steps[name] else {
        let known = steps.names.isEmpty ? "none are" : "known are \(steps.names.joined(separator: ", "))"
        throw PreprocessingError(
          field: "steps", problem: "no step is called '\(name)' (\(known)); load the plugin that brings it")
      }
      var values = StepParameters(parameters, step: name)
      let transform = try step.transform(&values)
      if let unread = values.unread.first {
        throw PreprocessingError(field: "steps", problem: "step '\(name)' has no parameter '\(unread)'")
      }
      return Step(name, parameters, transform)
    }
  }

  /// The same description with its steps ready to run.
  ///
  /// - Throws: `PreprocessingError` for a step that is not among `steps` or refuses its parameters.
  public func resolved(with steps: PreprocessingSteps) throws(PreprocessingError) -> Preprocessing {
    var result = self
    var resolved: [Step] = []
    for step in self.steps { resolved.append(try step.resolved(with: steps)) }
    result.steps = resolved
    return result
  }

  /// `image` after all steps, in the model's colour.
  ///
  /// - Throws: `ImageError.Reason.step` where a step fails or was never looked up (`resolved(with:)`).
  func stepped(_ image: Image) throws(ImageError.Reason) -> Image {
    var image = image.converted(to: channels.color)
    for step in steps {
      guard let transform = step.transform else {
        throw .step(step.name, "is not known here; load the plugin that brings it")
      }
      image = try transform(image).converted(to: channels.color)
    }
    return image
  }
}

extension Preprocessing.Step: Equatable {
  public static func == (a: Self, b: Self) -> Bool { a.name == b.name && a.parameters == b.parameters }
}

extension Preprocessing.Step: Codable {
  private enum Key: String, CodingKey, CaseIterable { case name, parameters }

  public init(from decoder: any Decoder) throws {
    try refuseUnknownKeys(decoder, Key.self, at: "steps")
    let container = try decoder.container(keyedBy: Key.self)
    self.init(
      try container.decode(String.self, forKey: .name),
      try container.decodeIfPresent([String: StepParameter].self, forKey: .parameters) ?? [:])
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(name, forKey: .name)
    if !parameters.isEmpty { try container.encode(parameters, forKey: .parameters) }
  }
}
