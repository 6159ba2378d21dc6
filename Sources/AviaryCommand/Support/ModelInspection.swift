import Aviary

/// What `inspect` says of a model.
struct ModelInspection: Encodable {
  struct ValueEntry: Encodable {
    let name: String
    let type: String
    let shape: String
  }

  struct NodeEntry: Encodable {
    let name: String
    let op: String
    /// The part of the network that it belongs to, where its family is known.
    let stage: String?
    let domain: String
    let opset: Int
    let inputs: [ValueEntry]
    let outputs: [ValueEntry]
    let parameters: Int
    let multiplyAdds: Int
  }

  struct UnsupportedEntry: Encodable {
    let op: String
    let domain: String
    let opset: Int
    let nodes: [String]
  }

  /// What the model's manifest says of input and output.
  struct ContractEntry: Encodable {
    /// The manifest's path.
    let manifest: String
    let input: Preprocessing
    let output: ModelManifest.Output

    /// `nil` for a model without a manifest.
    init?(_ reference: ModelReference) {
      guard let manifest = reference.manifest, let path = reference.manifestPath else { return nil }
      self.manifest = path
      input = manifest.input
      output = manifest.output
    }

    private static let mostLabels = 20

    var facts: [(String, String)] {
      let steps = input.stepList.map { "steps: \($0), " } ?? ""
      let more = output.labels.count - Self.mostLabels
      return [
        ("manifest", manifest),
        (
          "fed",
          "\(input.width)x\(input.height) \(input.channels.rawValue), \(steps)"
            + "\(InputVariant.name(of: input.resize)), \(input.formula)"
        ),
        (
          "gives",
          "\(output.kind.rawValue) of \(output.labels.prefix(Self.mostLabels).joined(separator: ", "))"
            + (more > 0 ? " and \(more) more" : "")
        ),
      ]
    }
  }

  let file: String
  let family: FamilyEntry?
  let contract: ContractEntry?
  let irVersion: Int
  let opsets: [String: Int]
  let producer: String
  let metadata: [String: String]
  let inputs: [ValueEntry]
  let outputs: [ValueEntry]
  let parameters: Int
  let weightBytes: Int
  let multiplyAdds: Int
  let nodes: [NodeEntry]
  let unsupported: [UnsupportedEntry]
  /// Conversions between the plain and the blocked layout in the graph that runs.
  let layoutReorders: Int
  let kernels: [Explanation.KernelEntry]?
  let passes: [Explanation.PassEntry]?
  let warnings: [String]

  init(
    model: ONNXModel, nodes: [NodeReport] = [], unsupported: [UnsupportedOperator] = [],
    unread: [(node: Node, names: [String])] = [], family: FamilyEntry? = nil, explanation: Explanation? = nil,
    layoutReorders: Int = 0, contract: ContractEntry? = nil
  ) {
    file = model.file
    self.family = family
    self.contract = contract
    irVersion = model.irVersion
    opsets = Dictionary(
      model.opsets.map { (Self.domainName($0.key), $0.value) }, uniquingKeysWith: { max($0, $1) })
    // tf2onnx writes "1.17.0 None" where it knows no commit.
    let version = model.producerVersion.split(separator: " ").filter { $0 != "None" }
    producer = ([model.producerName[...]] + version).filter { !$0.isEmpty }.joined(separator: " ")
    metadata = model.metadata
    inputs = model.graph.inputs.map { ValueEntry($0.name, $0.type) }
    outputs = model.graph.outputs.map { ValueEntry($0.name, $0.type) }
    let weights = model.graph.initializers.values
    parameters = weights.reduce(0) { $0 + ($1.elementType.isFloatingPoint ? $1.count : 0) }
    weightBytes = weights.reduce(0) { $0 + $1.byteCount }
    multiplyAdds = nodes.reduce(0) { $0 &+ $1.multiplyAdds }
    self.nodes = nodes.map { report in
      NodeEntry(
        name: report.node.label, op: report.node.id.name,
        stage: report.node.outputs.lazy.compactMap { family?.stageOfValue[$0] }.first,
        domain: Self.domainName(report.node.id.domain),
        opset: report.node.opset, inputs: report.inputs.map { ValueEntry($0.name, $0.type) },
        outputs: report.outputs.map { ValueEntry($0.name, $0.type) }, parameters: report.parameters,
        multiplyAdds: report.multiplyAdds)
    }
    self.unsupported = unsupported.map {
      UnsupportedEntry(
        op: $0.id.name, domain: Self.domainName($0.id.domain), opset: $0.opset, nodes: $0.nodes)
    }
    kernels = explanation?.kernels
    passes = explanation?.passes
    self.layoutReorders = layoutReorders
    warnings =
      model.warnings
      + unread.map {
        "node '\($0.node.label)' (\($0.node.id)): nothing reads \($0.names.joined(separator: ", "))"
      }
  }

  private static func domainName(_ domain: String) -> String { domain.isEmpty ? "ai.onnx" : domain }
}

extension ModelInspection.ValueEntry {
  init(_ name: String, _ type: ValueType) {
    switch type {
    case .tensor(let element, let shape):
      self.init(name: name, type: element?.name ?? "?", shape: shape.description)
    case .sparseTensor(let element, let shape):
      self.init(name: name, type: "sparse \(element?.name ?? "?")", shape: shape.description)
    case .sequence: self.init(name: name, type: "sequence", shape: "")
    case .optional: self.init(name: name, type: "optional", shape: "")
    case .map: self.init(name: name, type: "map", shape: "")
    case .unknown: self.init(name: name, type: "?", shape: "?")
    }
  }
}
