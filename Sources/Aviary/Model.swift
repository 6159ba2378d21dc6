import AviaryCore
import AviaryImage
import AviaryPlugins
import AviaryRuntime
import AviaryZoo

/// A model ready to run: the short way in.
///
/// ```swift
/// let model = try Model("resnet.onnx")
/// let scores = try model.run(["input": tensor])
/// let guesses = try Model("fer-cnn-bn").classify(Image(contentsOf: "face.jpg"))
/// ```
///
/// Immutable; several threads may use it at once.
public final class Model: Sendable {
  /// A class and its probability.
  public struct Score: Sendable, Equatable, Codable {
    public let label: String
    public let probability: Float

    public init(label: String, probability: Float) {
      self.label = label
      self.probability = probability
    }
  }

  public let session: Session
  private let reference: ModelReference
  private let loaded: Result<Classifier, ZooError>

  /// - Parameters:
  ///   - name: a path to an `.onnx` file, a zoo folder, or the id of a model of the zoo.
  ///   - plugins: what brings operators and preprocessing steps; `nil` means all that ships. Operators that
  ///     `options` names come before those of plugins.
  /// - Throws: `ZooError` where there is no such model, `ImportError` where it cannot be loaded.
  public init(
    _ name: String, overrides: ContractOverrides = .init(), options: SessionOptions = .init(),
    plugins: PluginRegistry? = nil
  ) throws {
    reference = try ModelReference(name)
    let plugins = try plugins ?? BuiltinPlugins.registry()
    var options = options
    if options.registry == nil { options.registry = plugins.operators }
    let session = try Session(path: reference.modelPath, options: options)
    self.session = session
    var overrides = overrides
    if reference.manifest == nil, overrides.usual == nil {
      overrides.usual = Self.usualContract(of: session, families: plugins.families)
    }
    // A model that is no classifier of pictures still runs on tensors.
    do throws(ZooError) {
      loaded = .success(
        try Classifier(reference, session: session, overrides: overrides, steps: plugins.steps))
    } catch {
      loaded = .failure(error)
    }
  }

  /// How the model's family is usually fed, for a file without a manifest: what the graph itself does to
  /// pixels decides, whatever the family.
  public static func usualContract(of session: Session, families: FamilyCatalog) -> UsualContract? {
    let sketch = NetworkSketch(session.importedGraph)
    let family = families.match(sketch)
    return family?.contracts.first
      ?? (sketch.inputScaling == nil ? nil : sketch.usualContracts(colour: []).first)
  }

  /// What a caller of `run` must give, and gets.
  public var inputs: [Graph.Declaration] { session.inputs }
  public var outputs: [Graph.Declaration] { session.outputs }

  /// The model together with how it is fed, for those who do the steps themselves.
  ///
  /// - Throws: `ZooError` where the model is no classifier of pictures.
  public var classifier: Classifier { get throws(ZooError) { try loaded.get() } }

  /// Runs the model on tensors by input name.
  ///
  /// - Throws: `RunError`.
  public func run(_ inputs: [String: Tensor]) throws(RunError) -> [String: Tensor] {
    try session.run(inputs)
  }

  /// All classes of a picture with their probabilities, the likeliest first. Classes without a label are
  /// called by their number.
  ///
  /// - Throws: `ZooError` where the model is no classifier of pictures, `ImageError.Reason`, `RunError`.
  public func classify(_ image: Image) throws -> [Score] {
    try classify([image]).first ?? []
  }

  /// The same for several pictures, in one batch.
  public func classify(_ images: [Image]) throws -> [[Score]] {
    let classifier = try classifier
    return try classifier.classify(images).map { row in
      let labels = classifier.contract.labels ?? row.indices.map(String.init)
      return zip(labels, row).map { Score(label: $0, probability: $1) }
        .sorted { $0.probability > $1.probability }
    }
  }
}
