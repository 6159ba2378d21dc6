import AviaryCore
import AviaryImage

/// How pictures become a model's input and what its output means, checked against the graph.
public struct ModelContract: Sendable {
  public var inputName: String
  public var inputType: ElementType
  public var input: Preprocessing
  public var outputName: String
  /// `nil`: not known; probabilities are told from logits by looking at the values.
  public var outputKind: OutputKind?
  /// In the order of the output's values; `nil` where nobody has said.
  public var labels: [String]?
  /// Number of classes, where the graph declares it.
  public var classes: Int?
  /// The batch size that the graph fixes, if it does.
  public var batch: Int?
  /// What was assumed because neither manifest, graph nor user says it; for the user to see.
  public var guesses: [String] = []

  /// - Parameters:
  ///   - model: the model's path, for messages.
  ///   - inputs: the graph's declared inputs (without those that have an initializer).
  /// - Throws: `ZooError.contract` where the manifest and the graph disagree or too little is known,
  ///   `ZooError.classes` where the number of labels is not that of the output.
  public init(
    model: String, inputs: [Graph.Declaration], outputs: [Graph.Declaration], manifest: ModelManifest?,
    overrides: ContractOverrides = .init()
  ) throws(ZooError) {
    let input = try Self.pick(inputs, named: manifest?.input.name, "input", model: model)
    guard case .tensor(let elementType, let shape) = input.type else {
      throw .contract(model: model, problem: "input '\(input.name)' is not a tensor")
    }
    let type = elementType ?? .float
    guard [.float, .double, .float16, .uint8].contains(type) else {
      throw .contract(
        model: model, problem: "input '\(input.name)' has element type \(type.name); pictures give floats")
    }
    let declared = try DeclaredInput(input.name, shape, model: model)
    var guesses: [String] = []
    let preprocessing = try declared.preprocessing(
      manifest: manifest?.input, overrides: overrides, guesses: &guesses)
    try declared.check(preprocessing)

    let output = try Self.pick(outputs, named: manifest?.output.name, "output", model: model)
    inputName = input.name
    inputType = type
    self.input = preprocessing
    outputName = output.name
    outputKind = overrides.outputKind ?? manifest?.output.kind
    labels = overrides.labels ?? manifest?.output.labels
    batch = shape[0].value.flatMap { $0 > 0 ? $0 : nil }
    classes = Self.classCount(output)
    self.guesses = guesses
    try checkLabels(model: model)
  }

  private func checkLabels(model: String) throws(ZooError) {
    guard let labels else { return }
    if let twice = labels.firstDuplicate {
      throw .classes(model: model, problem: "the labels name '\(twice)' twice")
    }
    guard let classes, classes != labels.count else { return }
    throw .classes(
      model: model,
      problem: "output '\(outputName)' has \(classes) classes, but \(labels.count) labels are given "
        + "(\(labels.joined(separator: ", "))); correct the labels")
  }

  /// The declared classes: the product of the axes behind the batch, of which all but one must be 1.
  private static func classCount(_ output: Graph.Declaration) -> Int? {
    guard case .tensor(_, let shape) = output.type, let dims = shape.dims, dims.count >= 2 else { return nil }
    let wide = dims.dropFirst().filter { $0.value != 1 }
    if wide.isEmpty { return 1 }
    return wide.count == 1 ? wide.first?.value : nil
  }

  private static func pick(
    _ declarations: [Graph.Declaration], named name: String?, _ what: String, model: String
  ) throws(ZooError) -> Graph.Declaration {
    let names = declarations.map(\.name).joined(separator: ", ")
    if let name {
      guard let found = declarations.first(where: { $0.name == name }) else {
        throw .contract(model: model, problem: "the manifest's \(what) '\(name)' is not among \(names)")
      }
      if what == "input", declarations.count > 1 {
        throw .contract(model: model, problem: "a classifier of pictures has one input, this has \(names)")
      }
      return found
    }
    guard declarations.count == 1, let only = declarations.first else {
      throw .contract(
        model: model,
        problem: "a classifier of pictures has one \(what), this has \(declarations.count) (\(names)); "
          + "a manifest (--manifest FILE) can name it")
    }
    return only
  }
}
