import AviaryCore
import AviaryImage
import AviaryMetrics
import AviaryRuntime

/// A loaded model together with its contract: pictures in, one score per class out.
///
/// Immutable; several threads may use it at once.
public final class Classifier: Sendable {
  public let reference: ModelReference
  public let session: Session
  public let contract: ModelContract

  public var id: String { reference.id }

  /// Values of a batch of pictures at most, 1 GiB: a graph may declare any size.
  private static let maximumValues = 1 << 28

  /// - Parameter steps: the preprocessing steps that a contract may ask for.
  /// - Throws: `ImportError` where the model cannot be loaded, `ZooError` where its bytes are not those that its
  ///   manifest describes, it is not a classifier of pictures or its contract is not known.
  public convenience init(
    _ reference: ModelReference, overrides: ContractOverrides = .init(), options: SessionOptions = .init(),
    steps: PreprocessingSteps = .init()
  ) throws {
    // Before the file is parsed: that it was changed says more than what is wrong with it now.
    try reference.checkFile()
    let session = try Session(path: reference.modelPath, options: options)
    try self.init(reference, session: session, overrides: overrides, steps: steps)
  }

  /// The same with a session that is there already.
  ///
  /// - Throws: `ZooError`.
  public init(
    _ reference: ModelReference, session: Session, overrides: ContractOverrides = .init(),
    steps: PreprocessingSteps = .init()
  ) throws(ZooError) {
    try reference.checkFile()
    self.reference = reference
    self.session = session
    var contract = try ModelContract(
      model: reference.modelPath, inputs: session.importedGraph.readInputs, outputs: session.outputs,
      manifest: reference.manifest, overrides: overrides)
    do throws(PreprocessingError) {
      contract.input = try contract.input.resolved(with: steps)
    } catch {
      throw .contract(model: reference.manifestPath ?? reference.modelPath, problem: error.description)
    }
    let batch = contract.batch ?? 1
    guard (1...Self.maximumValues).contains(batch), contract.input.count <= Self.maximumValues / batch else {
      throw .contract(
        model: reference.manifestPath ?? reference.modelPath,
        problem: "it takes \(batch) pictures of \(contract.input.width)x\(contract.input.height) at once, "
          + "more than \(Self.maximumValues) values")
    }
    self.contract = contract
  }

  /// The same model fed with pictures of another size, which its graph must take.
  ///
  /// - Throws: `PreprocessingError` for a size that cannot be.
  public func fed(width: Int, height: Int) throws(PreprocessingError) -> Classifier {
    var contract = contract
    contract.input.width = width
    contract.input.height = height
    if contract.input.crop != nil { contract.input.crop = .init(width: width, height: height) }
    // A side that was chosen for the old size would leave nothing to crop, or too much.
    contract.input.resize?.size = nil
    if contract.input.resize == nil {
      contract.input.resize = .init(kernel: .bilinear, antialias: true)
    }
    try contract.input.validate()
    return Classifier(reference, session: session, contract: contract)
  }

  /// The same where the contract has been worked out.
  package init(_ reference: ModelReference, session: Session, contract: ModelContract) {
    self.reference = reference
    self.session = session
    self.contract = contract
  }

  /// The model's output for each picture, as it stands: logits or probabilities.
  ///
  /// The pictures are run in one batch, or in several where the graph fixes the batch size (the last one
  /// filled up with zeros).
  ///
  /// - Throws: `ImageError.Reason` for a picture of the wrong size, `RunError`, `ZooError.classes` where the
  ///   number of scores is not that of the labels.
  public func rawScores(_ images: [Image]) throws -> [[Float]] {
    try rawScores(prepared: images.map { image throws(ImageError.Reason) in try contract.input(image) })
  }

  /// The same for pictures that are preprocessed already: `contract.input.count` floats each.
  public func rawScores(prepared pictures: [[Float]]) throws -> [[Float]] {
    let step = contract.batch ?? max(1, pictures.count)
    var rows: [[Float]] = []
    rows.reserveCapacity(pictures.count)
    for start in stride(from: 0, to: pictures.count, by: step) {
      let part = pictures[start..<min(start + step, pictures.count)]
      rows += try runBatch(part, size: step).prefix(part.count)
    }
    return rows
  }

  /// One probability per class for each picture.
  public func classify(_ images: [Image]) throws -> [[Float]] { try probabilities(rawScores(images)) }

  /// Softmax where the rows are logits: by the contract or, where that does not say, by their looks.
  ///
  /// - Throws: `MetricError.notFinite` where the model made NaN or infinity.
  public func probabilities(_ rows: [[Float]]) throws(MetricError) -> [[Float]] {
    try (contract.outputKind ?? OutputKind(lookingAt: rows)).probabilities(rows)
  }

  /// What the session is given for a batch of preprocessed pictures.
  ///
  /// - Throws: `TensorError`.
  package func inputs(prepared pictures: ArraySlice<[Float]>, size: Int) throws -> [String: Tensor] {
    var inputs = try unreadInputs
    inputs[contract.inputName] = try InputBatch.tensor(
      pictures, shape: contract.input.shape(batch: size), type: contract.inputType)
    return inputs
  }

  private func runBatch(_ pictures: ArraySlice<[Float]>, size: Int) throws -> [[Float]] {
    let outputs = try session.run(try inputs(prepared: pictures, size: size))
    guard let output = outputs[contract.outputName] else {
      throw ZooError.contract(
        model: reference.modelPath, problem: "the output '\(contract.outputName)' is not a tensor")
    }
    return try rows(of: output, batch: size)
  }

  /// Zeros for inputs that are declared although nothing reads them: a run asks for them all the same.
  private var unreadInputs: [String: Tensor] {
    get throws {
      guard session.inputs.count > 1 else { return [:] }
      var tensors: [String: Tensor] = [:]
      for input in session.inputs where input.name != contract.inputName {
        guard case .tensor(let type, let shape) = input.type else { continue }
        let dims = try Shape((shape.dims ?? []).map { $0.value ?? 1 })
        tensors[input.name] = try Tensor(elementType: type ?? .float, shape: dims) { bytes in
          bytes.initializeMemory(as: UInt8.self, repeating: 0)
        }
      }
      return tensors
    }
  }

  private func rows(of output: Tensor, batch: Int) throws -> [[Float]] {
    guard output.shape.rank >= 2, output.shape[0] == batch, output.count > 0 else {
      throw ZooError.classes(
        model: reference.modelPath,
        problem: "output '\(contract.outputName)' is \(output.shape); needs \(batch) rows of class scores")
    }
    let classes = output.count / batch
    if let labels = contract.labels, labels.count != classes {
      throw ZooError.classes(
        model: reference.modelPath,
        problem: "output '\(contract.outputName)' has \(classes) classes, but \(labels.count) labels are "
          + "given (\(labels.joined(separator: ", "))); correct the labels")
    }
    let values = try output.floats()
    return (0..<batch).map { Array(values[$0 * classes..<($0 + 1) * classes]) }
  }
}
