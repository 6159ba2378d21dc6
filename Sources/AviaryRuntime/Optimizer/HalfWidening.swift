import AviaryCore
import AviaryKernels

/// Lets parts of a graph whose values are float16 or bfloat16 compute in single precision from end to end.
///
/// Processors without arithmetic for these types widen, compute and round in every node; a network that was
/// exported in half precision then costs several times what it would in single precision, and no pass finds
/// its patterns. Widened once, at the edges of such a part, it is the same network in float: nothing is
/// rounded between nodes, so results are nearer to exact ones, and where half precision would overflow they
/// stay finite. A part is nodes that hand each other such values; one without a product (`heavy`) is left as
/// it is, for there the rounding may be what the model is about. Constants are widened here; memory for them
/// doubles.
struct HalfWidening: Pass {
  let name = "half-widening"
  let summary = "parts in float16 or bfloat16 compute in single precision from end to end"

  /// What makes a part worth two casts at its edges.
  private static let heavy: Set<String> = [
    "Conv", "ConvTranspose", "Gemm", "MatMul", "Einsum", "Attention", "LSTM", "GRU", "RNN",
  ]
  /// Operators whose results in float are their results in half precision but for rounding, whichever of their
  /// inputs and outputs are narrow. Not among them: what makes a type out of nothing, reads bits, or quantizes.
  private static let widened: Set<String> = heavy.union([
    "Abs", "Add", "ArgMax", "ArgMin", "AveragePool", "BatchNormalization", "Cast", "CastLike", "Ceil", "Celu", "Clip",
    "Concat", "Cos", "CumSum", "DepthToSpace", "Div", "Dropout", "Elu", "Equal", "Erf", "Exp", "Expand", "Flatten",
    "Floor", "Gather", "GatherElements", "GatherND", "Gelu", "GlobalAveragePool", "GlobalLpPool", "GlobalMaxPool",
    "Greater", "GreaterOrEqual", "GridSample", "GroupNormalization", "HardSigmoid", "HardSwish", "Identity",
    "InstanceNormalization", "LRN", "LayerNormalization", "LeakyRelu", "Less", "LessOrEqual", "Log", "LogSoftmax",
    "LpNormalization", "LpPool", "Max", "MaxPool", "Mean", "MeanVarianceNormalization", "Min", "Mish", "Mul", "Neg",
    "PRelu", "Pad", "Pow", "RMSNormalization", "Reciprocal", "ReduceL1", "ReduceL2", "ReduceLogSum",
    "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare", "Relu",
    "Reshape", "Resize", "RotaryEmbedding", "Round", "ScatterElements", "ScatterND", "Selu", "Shape", "Sigmoid",
    "Sign", "Sin", "Size", "Slice", "Softmax", "Softplus", "Softsign", "SpaceToDepth", "Split", "Sqrt", "Squeeze",
    "Sub", "Sum", "Swish", "Tanh", "ThresholdedRelu", "Tile", "TopK", "Transpose", "Trilu", "Unsqueeze", "Upsample",
    "Where",
  ])

  func run(_ editor: inout GraphEditor, registry: OperatorRegistry) throws(ImportError) -> [String] {
    let parts = Self.parts(editor).filter { part in part.contains { Self.isHeavy(editor.nodes[$0]) } }
    var widening = Widening(inside: Set(parts.joined()))
    var changes: [String] = []
    for part in parts {
      for index in part { widening.widen(index, &editor) }
      if let first = part.first.flatMap({ editor.nodes[$0] }) {
        changes.append("\(part.count) nodes from \(first.label) (\(first.id)) on compute in float")
      }
    }
    widening.close(&editor)
    return changes
  }

  func leftovers(_ editor: GraphEditor) -> [String] {
    editor.indices.compactMap { index in
      guard let node = editor.nodes[index], Self.isHeavy(node), Self.narrow(node, editor) != nil else { return nil }
      return "\(node.label) (\(node.id)) stays: the type of one of its results is not known"
    }
  }

  private static func isHeavy(_ node: Node?) -> Bool {
    node.map { $0.id.domain.isEmpty && heavy.contains($0.id.name) } ?? false
  }

  /// The narrow type of a value.
  fileprivate static func narrow(_ name: String, _ editor: GraphEditor) -> ElementType? {
    guard !name.isEmpty, let type = editor.infos[name]?.elementType else { return nil }
    return type == .float16 || type == .bfloat16 ? type : nil
  }

  /// The narrow type among a node's inputs and outputs.
  private static func narrow(_ node: Node, _ editor: GraphEditor) -> ElementType? {
    (node.inputs + node.outputs).lazy.compactMap { narrow($0, editor) }.first
  }

  private static func canWiden(_ node: Node, _ editor: GraphEditor) -> Bool {
    node.id.domain.isEmpty && widened.contains(node.id.name) && node.subgraphs.isEmpty
      && narrow(node, editor) != nil
      && node.outputs.allSatisfy { $0.isEmpty || editor.infos[$0]?.elementType != nil }
  }

  /// Groups of nodes that can be widened and hand each other narrow values, each in the graph's order.
  private static func parts(_ editor: GraphEditor) -> [[Int]] {
    var group: [Int: Int] = [:]
    func root(_ index: Int) -> Int {
      var index = index
      while let next = group[index], next != index { index = next }
      return index
    }
    for index in editor.indices {
      guard let node = editor.nodes[index], canWiden(node, editor) else { continue }
      group[index] = index
      for input in node.inputs where narrow(input, editor) != nil {
        guard let source = editor.producer[input], group[source] != nil else { continue }
        // The later root hangs below the earlier one, so paths stay short where nodes form a chain.
        let (one, other) = (root(source), root(index))
        group[max(one, other)] = min(one, other)
      }
    }
    return Dictionary(grouping: group.keys, by: root).values.map { $0.sorted() }.sorted { $0[0] < $1[0] }
  }
}

/// Names of the float values that stand for narrow ones, while nodes are changed.
private struct Widening {
  /// Nodes that read and write the float values.
  let inside: Set<Int>
  private var names: [String: String] = [:]
  /// Narrow values that nodes inside produced, in that order, with their types.
  private var produced: [(name: String, type: ElementType)] = []

  init(inside: Set<Int>) { self.inside = inside }

  mutating func widen(_ index: Int, _ editor: inout GraphEditor) {
    guard var node = editor.nodes[index] else { return }
    for position in node.inputs.indices {
      let input = node.inputs[position]
      guard HalfWidening.narrow(input, editor) != nil else { continue }
      node.inputs[position] = wide(input, &editor)
    }
    for position in node.outputs.indices {
      let output = node.outputs[position]
      guard let type = HalfWidening.narrow(output, editor) else { continue }
      produced.append((output, type))
      node.outputs[position] = name(for: output, &editor)
    }
    if node.isOperator("Cast"), let to = node.int("to"),
      [ElementType.float16, .bfloat16].contains(where: { $0.rawValue == to })
    {
      node.attributes["to"] = .int(Int64(ElementType.float.rawValue))
    }
    editor.replace(index, with: node)
  }

  /// Values that somebody outside reads get back their narrow form under their own name.
  func close(_ editor: inout GraphEditor) {
    for (output, type) in produced {
      guard let wide = names[output], editor.isOutput(output) || editor.readers[output]?.isEmpty == false else {
        continue
      }
      editor.append(Self.cast(wide, to: output, type))
    }
  }

  /// The float value that stands for `narrow`; made from it where no node inside produces it.
  private mutating func wide(_ narrow: String, _ editor: inout GraphEditor) -> String {
    if let name = names[narrow] { return name }
    if let tensor = editor.constant(narrow), let widened = Self.widened(tensor) {
      names[narrow] = editor.addConstant(widened, hint: narrow)
    } else if let source = editor.producer[narrow], inside.contains(source) {
      return name(for: narrow, &editor)
    } else {
      let wide = name(for: narrow, &editor)
      editor.append(Self.cast(narrow, to: wide, .float))
    }
    return names[narrow] ?? narrow
  }

  private mutating func name(for narrow: String, _ editor: inout GraphEditor) -> String {
    if let name = names[narrow] { return name }
    let name = editor.freshName(narrow)
    names[narrow] = name
    editor.infos[name] = ValueInfo(.float, editor.infos[narrow]?.shape ?? .unknown)
    return name
  }

  private static func cast(_ input: String, to output: String, _ type: ElementType) -> Node {
    Node(
      name: "\(output)/cast", id: OperatorID("Cast"), opset: 13, inputs: [input], outputs: [output],
      attributes: ["to": .int(Int64(type.rawValue))])
  }

  /// The constant in float; `nil` where memory does not suffice.
  private static func widened(_ tensor: Tensor) -> Tensor? {
    guard let row = ElementRow(tensor) else { return nil }
    return try? Tensor(elementType: .float, shape: tensor.shape) { bytes in
      guard let base = bytes.baseAddress else { return }
      convert(row, MutableElementRow(base, .float), count: tensor.count, parallel: Serial())
    }
  }
}
