import AviaryCore

/// A node that gives the transposed result when its inputs are not transposed: how to rewrite it so that
/// the Transpose comes after it.
///
/// With `y[i] = x[perm[i]]` (extents), axis `a` of the transposed value is axis `perm[a]` of the original.
struct SinkableNode {
  private var node: Node
  /// Per input: the Transpose to step over (its node index), or `nil` for an input that stays.
  private var sources: [Int?]
  /// Constant inputs to replace, by position.
  private var constants: [Int: Tensor] = [:]
  /// What the Transpose after the node does; empty where none is needed.
  private var resultPermutation: [Int]

  private static let unary: Set<String> = [
    "Relu", "Sigmoid", "Tanh", "LeakyRelu", "Elu", "Selu", "Celu", "Clip", "HardSigmoid", "HardSwish", "Gelu",
    "Exp", "Log", "Sqrt", "Neg", "Abs", "Erf", "Floor", "Ceil", "Round", "Reciprocal", "Softplus", "Softsign",
    "Mish", "Swish", "Sign", "Not", "Cast", "Identity", "ThresholdedRelu",
  ]
  private static let broadcasting: Set<String> = [
    "Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Sum", "Mean", "PRelu", "Where", "Equal", "Greater", "Less",
    "And", "Or", "Xor", "GreaterOrEqual", "LessOrEqual",
  ]
  private static let reducing: Set<String> = [
    "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare",
    "ReduceLogSum", "ReduceLogSumExp",
  ]

  /// `nil` where the node is none of these, or no Transpose stands before it.
  init?(_ node: Node, _ editor: GraphEditor) {
    guard node.id.domain.isEmpty, node.outputs.count(where: { !$0.isEmpty }) == 1, !node.inputs.isEmpty else {
      return nil
    }
    self.node = node
    sources = [Int?](repeating: nil, count: node.inputs.count)
    resultPermutation = []
    let name = node.id.name
    if Self.unary.contains(name) {
      guard let perm = transposed(0, editor) else { return nil }
      resultPermutation = perm
    } else if Self.broadcasting.contains(name), node.opset >= 7 {
      guard prepareBroadcast(editor) else { return nil }
    } else if name == "Concat" {
      guard prepareConcat(editor) else { return nil }
    } else if name == "Softmax" || name == "LogSoftmax", node.opset >= 13 {
      guard let perm = transposed(0, editor), let axis = Self.axis(node.int("axis") ?? -1, perm.count) else {
        return nil
      }
      self.node.attributes["axis"] = .int(Int64(perm[axis]))
      resultPermutation = perm
    } else if Self.reducing.contains(name) || name == "Squeeze" {
      guard prepareAxes(editor, keepsAxes: name != "Squeeze" && (node.int("keepdims") ?? 1) != 0) else {
        return nil
      }
    } else if name == "Pad" {
      guard preparePad(editor) else { return nil }
    } else {
      return nil
    }
  }

  /// Rewrites the graph: the node reads what the Transposes read, and a Transpose follows it.
  func apply(at index: Int, _ editor: inout GraphEditor) {
    var moved = node
    for (position, source) in sources.enumerated() {
      if let source, let original = editor.nodes[source]?.inputs.first { moved.inputs[position] = original }
    }
    for (position, tensor) in constants {
      moved.inputs[position] = editor.addConstant(tensor, hint: node.label)
    }
    guard let slot = moved.outputs.firstIndex(where: { !$0.isEmpty }) else { return }
    let output = moved.outputs[slot]
    if resultPermutation == Array(resultPermutation.indices) {
      editor.replace(index, with: moved)
    } else {
      let inner = editor.freshName(output)
      moved.outputs[slot] = inner
      editor.infos[inner] = editor.infos[output].map { untransposed($0) } ?? .unknown
      editor.replace(index, with: moved)
      editor.append(
        Node(
          name: node.label + "/Transpose", id: OperatorID("Transpose"), opset: node.opset, inputs: [inner],
          outputs: [output], attributes: ["perm": .ints(resultPermutation.map(Int64.init))]))
    }
    for source in Set(sources.compactMap { $0 }) { TransposeSinking.removeIfUnread(source, &editor) }
  }

  private func untransposed(_ info: ValueInfo) -> ValueInfo {
    guard let dims = info.shape.dims, dims.count == resultPermutation.count else { return info }
    var original = dims
    for (axis, from) in resultPermutation.enumerated() { original[from] = dims[axis] }
    return ValueInfo(info.elementType, SymbolicShape(original))
  }

  // MARK: Preparing each kind

  /// The permutation of the Transpose that makes input `position`, which is then stepped over.
  private mutating func transposed(_ position: Int, _ editor: GraphEditor) -> [Int]? {
    guard let (source, transpose) = editor.source(of: node.inputs[position]),
      let perm = TransposeSinking.permutation(of: transpose, editor)
    else { return nil }
    sources[position] = source
    return perm
  }

  private mutating func prepareBroadcast(_ editor: GraphEditor) -> Bool {
    var shared: [Int]?
    var pending: [(Int, Tensor)] = []
    for (position, name) in node.inputs.enumerated() {
      if let tensor = editor.constant(name) {
        pending.append((position, tensor))
      } else if let perm = transposed(position, editor), shared == nil || shared == perm {
        shared = perm
      } else {
        return false
      }
    }
    guard let shared else { return false }
    for (position, tensor) in pending where tensor.count != 1 {
      guard tensor.shape.rank <= shared.count, let moved = tensor.permutedBack(by: shared) else { return false }
      constants[position] = moved
    }
    // A constant of one element but higher rank than the value would change the rank.
    guard pending.allSatisfy({ $0.1.shape.rank <= shared.count }) else { return false }
    for (position, tensor) in pending where tensor.count == 1 && tensor.shape.rank > 1 {
      guard let scalar = try? tensor.reshaped(to: .scalar) else { return false }
      constants[position] = scalar
    }
    resultPermutation = shared
    return true
  }

  private mutating func prepareConcat(_ editor: GraphEditor) -> Bool {
    guard let axis = node.int("axis") else { return false }
    var shared: [Int]?
    for position in node.inputs.indices {
      guard let perm = transposed(position, editor), shared == nil || shared == perm else { return false }
      shared = perm
    }
    guard let shared, let normalized = Self.axis(axis, shared.count) else { return false }
    node.attributes["axis"] = .int(Int64(shared[normalized]))
    resultPermutation = shared
    return true
  }

  private mutating func prepareAxes(_ editor: GraphEditor, keepsAxes: Bool) -> Bool {
    guard let perm = transposed(0, editor) else { return false }
    let fromInput = node.inputs.count > 1 && !node.inputs[1].isEmpty
    guard
      let axes = fromInput
        ? editor.constantInput(node, 1).flatMap({ try? $0.integers() }) : node.ints("axes"), !axes.isEmpty
    else { return false }
    var moved: [Int] = []
    for axis in axes {
      guard let normalized = Self.axis(axis, perm.count) else { return false }
      moved.append(perm[normalized])
    }
    moved.sort()
    let values = moved.map(Int64.init)
    if fromInput {
      guard let tensor = try? Tensor(values) else { return false }
      constants[1] = tensor
    } else {
      node.attributes["axes"] = .ints(values)
    }
    if keepsAxes {
      resultPermutation = perm
    } else {
      // The axes that are left keep their order; renumber them.
      let left = perm.filter { !moved.contains($0) }
      let ranked = left.sorted()
      resultPermutation = left.compactMap { ranked.firstIndex(of: $0) }
    }
    return true
  }

  private mutating func preparePad(_ editor: GraphEditor) -> Bool {
    guard let perm = transposed(0, editor), node.inputs.count < 4 else { return false }
    let fromInput = node.inputs.count > 1
    guard
      let pads = fromInput
        ? editor.constantInput(node, 1).flatMap({ try? $0.integers() }) : node.ints("pads"),
      pads.count == 2 * perm.count
    else { return false }
    var moved = pads
    for (axis, from) in perm.enumerated() {
      moved[from] = pads[axis]
      moved[from + perm.count] = pads[axis + perm.count]
    }
    let values = moved.map(Int64.init)
    if fromInput {
      guard let tensor = try? Tensor(values) else { return false }
      constants[1] = tensor
    } else {
      node.attributes["pads"] = .ints(values)
    }
    resultPermutation = perm
    return true
  }

  private static func axis(_ axis: Int, _ rank: Int) -> Int? {
    guard axis >= -rank, axis < rank else { return nil }
    return axis < 0 ? axis + rank : axis
  }
}

extension Tensor {
  /// The tensor that gives this one (with leading extents of 1 up to the rank of `perm`) when transposed
  /// by `perm`.
  func permutedBack(by perm: [Int]) -> Tensor? {
    let padded = [Int](repeating: 1, count: perm.count - shape.rank) + shape.dims
    var inverse = perm
    for (axis, from) in perm.enumerated() { inverse[from] = axis }
    guard let from = try? Shape(padded), let to = try? Shape(inverse.map { padded[$0] }), elementType != .string,
      !elementType.isPacked
    else { return nil }
    let size = elementType.bitWidth / 8
    let strides = from.strides
    return try? Tensor(elementType: elementType, shape: to) { bytes in
      withBytes { source in
        for index in 0..<to.count {
          var rest = index
          var offset = 0
          for axis in to.dims.indices.reversed() {
            offset += rest % to.dims[axis] * strides[inverse[axis]]
            rest /= to.dims[axis]
          }
          for byte in 0..<size { bytes[index * size + byte] = source[offset * size + byte] }
        }
      }
    }
  }
}
