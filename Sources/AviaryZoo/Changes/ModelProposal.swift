import AviaryCore
import AviaryImage
import AviaryONNX
import AviaryRuntime
import Foundation

/// What a model file seems to be: its family, how it is fed, what its outputs mean; and the manifest that
/// says so.
public struct ModelProposal: Sendable {
  /// What is known besides the file.
  public struct Hints: Sendable {
    public var overrides = ContractOverrides()
    /// From a model folder.
    public var folder: HuggingFaceFolder?
    /// Beside the file already.
    public var manifest: ModelManifest?

    public init() {}
  }

  public let path: String
  public let model: ONNXModel
  public let session: Session
  public let family: FamilyMatch?
  /// Why no family.
  public let familyProblem: String?
  public var contract: ModelContract
  /// Where scale, mean, deviation and resize come from, for people.
  public let assumption: String
  /// Where the folder says another thing than the graph, and what is taken; for people.
  public let contradictions: [String]
  /// The same as a variant, to try others against.
  public let variant: InputVariant

  /// - Parameter steps: the preprocessing steps that a manifest's contract may ask for.
  /// - Throws: `ImportError` where the file is no model or cannot run, `ZooError.contract` where it is no
  ///   classifier of pictures or too little is known of its input, `ZooError.classes`.
  public init(
    path: String, catalog: FamilyCatalog, hints: Hints = Hints(), options: SessionOptions = .init(),
    steps: PreprocessingSteps = .init()
  ) throws {
    self.path = path
    model = try ONNXModel.read(path: path, limits: options.limits)
    session = try Session(model: model, options: options)
    let sketch = NetworkSketch(model.graph)
    let family = catalog.match(sketch)
    self.family = family
    familyProblem = family == nil ? sketch.reasonForNoFamily(model.graph) : nil

    var overrides = hints.overrides
    if overrides.labels == nil { overrides.labels = hints.manifest?.output.labels ?? hints.folder?.labels }
    if overrides.size == nil, sketch.size == nil, hints.manifest == nil {
      overrides.size = hints.folder?.size.map { ($0.width, $0.height) }
    }
    contradictions = Self.contradictions(hints, sketch)
    let said =
      overrides.scale != nil || overrides.standardize != nil || overrides.mean != nil || overrides.std != nil
    var contract = try ModelContract(
      model: path, inputs: model.graph.readInputs, outputs: session.outputs, manifest: hints.manifest,
      overrides: overrides)
    do throws(PreprocessingError) { contract.input = try contract.input.resolved(with: steps) } catch {
      throw ZooError.contract(model: path, problem: error.description)
    }
    contract.input.name = contract.inputName
    let usual =
      hints.folder?.numbers ?? family?.contracts.first
      ?? sketch.usualContracts(colour: [
        .unit("nothing is known of it")
      ]).first
    if hints.manifest != nil || said {
      assumption = hints.manifest != nil ? "as its manifest says" : "as the options say"
      variant = InputVariant(
        numbers: UsualContract(
          name: Self.name(of: contract.input), reason: assumption, scale: contract.input.scale,
          standardize: contract.input.standardize, mean: contract.input.mean, std: contract.input.std,
          channels: contract.input.channels),
        channels: contract.input.channels, resize: contract.input.resize)
    } else {
      let usual = usual ?? .unit("nothing is known of it")
      let resizing = overrides.kernel == nil ? hints.folder?.resizing : nil
      assumption =
        "\(usual.name): \(usual.reason)"
        + (resizing != nil && hints.folder?.numbers == nil ? "; resized as preprocessor_config.json says" : "")
      let resize: Preprocessing.Resize? =
        switch resizing {
        case .untouched: nil
        case .resized(let resize): resize
        case nil: overrides.kernel == nil ? usual.resize ?? contract.input.resize : contract.input.resize
        }
      variant = InputVariant(
        numbers: usual, channels: overrides.channels ?? usual.channels(of: contract.input.channels),
        resize: resize)
    }
    contract.input = try variant.preprocessing(like: contract.input)
    contract.guesses = []
    self.contract = contract
    if contract.outputKind == nil { self.contract.outputKind = try outputKind }
  }

  private static func contradictions(_ hints: Hints, _ sketch: NetworkSketch) -> [String] {
    guard hints.manifest == nil, let said = hints.folder?.size, let size = sketch.size,
      said != PixelSize(width: size.width, height: size.height)
    else { return [] }
    return [
      "preprocessor_config.json says pictures of \(said.width)x\(said.height), the graph takes "
        + "\(size.width)x\(size.height): the graph's size is taken; is the folder that of another model?"
    ]
  }

  /// What the output looks like for a few pictures of noise.
  private var outputKind: OutputKind {
    get throws {
      let classifier = try classifier
      var random = SplitMix64(state: 1)
      let pictures = (0..<4).map { _ in (0..<contract.input.count).map { _ in Float(random.normal()) } }
      return OutputKind(lookingAt: try classifier.rawScores(prepared: pictures))
    }
  }

  private static func name(of input: Preprocessing) -> String {
    let known = InputVariant.usualNumbers(channels: input.channels.count)
    let same = known.first {
      (try? InputVariant(numbers: $0, channels: input.channels, resize: nil)
        .preprocessing(like: input)).map {
          $0.scale == input.scale && $0.standardize == input.standardize && $0.mean == input.mean && $0.std == input.std
        } ?? false
    }
    return same?.name ?? input.formula
  }

  /// The classifier with the contract as it is now.
  public var classifier: Classifier {
    get throws(ZooError) {
      Classifier(try ModelReference(path), session: session, contract: contract)
    }
  }

  /// Framework and exporter, as far as the file says.
  public var source: ModelManifest.Source {
    // tf2onnx writes "1.17.0 None" where it knows no commit.
    let version = model.producerVersion.split(separator: " ").first.map { " \($0)" } ?? ""
    let opset = model.opsets[""]
    switch model.producerName.lowercased() {
    case "pytorch": return .init(framework: "PyTorch\(version)", exporter: "torch.onnx.export", opset: opset)
    case "tf2onnx":
      return .init(framework: "TensorFlow or Keras", exporter: "tf2onnx\(version)", opset: opset)
    case "": return .init(framework: "unknown", exporter: "unknown", opset: opset)
    default: return .init(framework: "unknown", exporter: "\(model.producerName)\(version)", opset: opset)
    }
  }

  /// Elements of the constants, those of quantised weights included.
  public var parameters: Int {
    let quantized: Set<ElementType> = [.int8, .uint8]
    return model.graph.initializers.values.reduce(0) { sum, tensor in
      sum + (tensor.elementType.isFloatingPoint || quantized.contains(tensor.elementType) ? tensor.count : 0)
    }
  }
}

extension UsualContract {
  /// The channels to feed where the graph takes `declared`.
  fileprivate func channels(of declared: Preprocessing.Channels) -> Preprocessing.Channels {
    declared == .grey ? .grey : channels ?? declared
  }
}
