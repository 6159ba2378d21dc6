import AviaryCore

/// Joins a Conv, Gemm or MatMul with what follows it element by element, so that the values are still in
/// registers: a bias (MatMul), the residual of a skip connection (Conv), one activation.
///
/// The result is an operator of our own domain (`aviary.Conv`, `aviary.Gemm`, `aviary.MatMul`) with the
/// standard attributes plus `activation` and `activation_params`, and for Conv a fourth input that is
/// added before the activation.
struct ActivationFusion: Pass {
  let name = "activation-fusion"
  let summary = "bias, residual and activation join the Conv, Gemm or MatMul before them"

  /// Operators that have a fused form.
  private static let fusible: Set<String> = ["Conv", "Gemm", "MatMul"]

  func run(_ editor: inout GraphEditor, registry: OperatorRegistry) throws(ImportError) -> [String] {
    var changes: [String] = []
    // Backwards, so that of two convolutions that meet in an Add the later one takes it: the other's value
    // then exists already.
    for index in editor.indices.reversed() {
      guard let node = editor.nodes[index], node.id.domain.isEmpty, Self.fusible.contains(node.id.name),
        let output = node.outputs.first, editor.infos[output]?.elementType == .float,
        registry.factory(for: Self.fusedID(node.id.name), opset: 1) != nil
      else { continue }
      var fused = node
      fused.id = Self.fusedID(node.id.name)
      fused.opset = 1
      var absorbed: [String] = []
      if node.id.name == "MatMul", absorbBias(&fused, &editor, at: index) { absorbed.append("bias") }
      if node.id.name == "Conv", absorbResidual(&fused, &editor, at: index) { absorbed.append("residual") }
      if let activation = absorbActivation(&fused, &editor, at: index) { absorbed.append(activation) }
      if !absorbed.isEmpty {
        changes.append("\(node.label) (\(node.id)) takes \(absorbed.joined(separator: ", "))")
      }
    }
    return changes
  }

  private static func fusedID(_ name: String) -> OperatorID {
    OperatorID(name, domain: OperatorID.aviaryDomain)
  }

  /// MatMul then Add of a constant vector along the last axis.
  private func absorbBias(_ fused: inout Node, _ editor: inout GraphEditor, at index: Int) -> Bool {
    let output = fused.outputs[0]
    guard let (reader, add) = editor.soleReader(of: output), add.isOperator("Add"), add.opset >= 7,
      add.inputs.count == 2, let rank = editor.infos[output]?.rank, rank >= 2,
      let width = editor.infos[output]?.shape[rank - 1].value,
      let bias = editor.constant(add.inputs[0] == output ? add.inputs[1] : add.inputs[0]),
      bias.elementType == .float, bias.count == width, bias.shape.dims.last == width,
      bias.shape.rank <= rank, let flat = try? bias.reshaped(to: .vector(width))
    else { return false }
    fused.inputs = [fused.inputs[0], fused.inputs[1], editor.addConstant(flat, hint: add.label)]
    take(&fused, &editor, at: index, reader: reader, output: add.outputs[0])
    return true
  }

  /// Conv then Add of a value of the same shape.
  private func absorbResidual(_ fused: inout Node, _ editor: inout GraphEditor, at index: Int) -> Bool {
    let output = fused.outputs[0]
    guard let (reader, add) = editor.soleReader(of: output), add.isOperator("Add"), add.opset >= 7,
      add.inputs.count == 2
    else { return false }
    let other = add.inputs[0] == output ? add.inputs[1] : add.inputs[0]
    guard let mine = editor.infos[output]?.shape.dims, let info = editor.infos[other],
      info.elementType == .float, let theirs = info.shape.dims, mine == theirs, !mine.contains(.unknown)
    else { return false }
    while fused.inputs.count < 3 { fused.inputs.append("") }
    fused.inputs.append(other)
    take(&fused, &editor, at: index, reader: reader, output: add.outputs[0])
    return true
  }

  private func absorbActivation(
    _ fused: inout Node, _ editor: inout GraphEditor, at index: Int
  ) -> String? {
    let output = fused.outputs[0]
    let name: String
    if let (reader, node) = editor.soleReader(of: output), let activation = Activation(node, editor) {
      fused.attributes["activation"] = .string(activation.name)
      if !activation.parameters.isEmpty {
        fused.attributes["activation_params"] = .floats(activation.parameters)
      }
      name = activation.name
      take(&fused, &editor, at: index, reader: reader, output: node.outputs[0])
    } else if let (gate, product, activation) = gated(output, editor),
      let result = editor.nodes[product]?.outputs.first
    {
      fused.attributes["activation"] = .string(activation)
      name = activation
      editor.remove(gate)
      take(&fused, &editor, at: index, reader: product, output: result)
    } else {
      return nil
    }
    return name
  }

  /// `x * Sigmoid(x)` is Silu and `x * HardSigmoid(x, 1/6, 1/2)` is HardSwish: the gate, the product and
  /// the name, where those two are the only readers of `x`.
  private func gated(
    _ x: String, _ editor: GraphEditor
  ) -> (gate: Int, product: Int, activation: String)? {
    guard !editor.isOutput(x), let readers = editor.readers[x], readers.count == 2 else { return nil }
    for gate in readers {
      guard let gateNode = editor.nodes[gate], let gateOutput = gateNode.outputs.first,
        let (product, mul) = editor.soleReader(of: gateOutput), mul.isOperator("Mul"),
        readers.contains(product), product != gate, mul.inputs.sorted() == [x, gateOutput].sorted()
      else { continue }
      if gateNode.isOperator("Sigmoid") { return (gate, product, "Silu") }
      if gateNode.isOperator("HardSigmoid"), abs((gateNode.float("alpha") ?? 0.2) - 1 / 6) < 1e-6,
        (gateNode.float("beta") ?? 0.5) == 0.5
      {
        return (gate, product, "HardSwish")
      }
    }
    return nil
  }

  /// The fused node produces what `reader` produced.
  private func take(
    _ fused: inout Node, _ editor: inout GraphEditor, at index: Int, reader: Int, output: String
  ) {
    fused.outputs[0] = output
    editor.remove(reader)
    editor.replace(index, with: fused)
  }
}

/// An element-wise function that a fused operator knows, with its constants.
private struct Activation {
  let name: String
  let parameters: [Float]

  init?(_ node: Node, _ editor: GraphEditor) {
    guard node.id.domain.isEmpty else { return nil }
    var name = node.id.name
    switch name {
    case "Relu", "Sigmoid", "Tanh", "HardSwish": parameters = []
    case "LeakyRelu": parameters = [node.float("alpha") ?? 0.01]
    case "Elu": parameters = [node.float("alpha") ?? 1]
    case "HardSigmoid": parameters = [node.float("alpha") ?? 0.2, node.float("beta") ?? 0.5]
    case "Gelu":
      if (node.string("approximate") ?? "none") == "tanh" { name = "GeluTanh" }
      parameters = []
    case "Swish":
      guard (node.float("alpha") ?? 1) == 1 else { return nil }
      name = "Silu"
      parameters = []
    case "Clip":
      guard let bounds = Self.clipBounds(node, editor) else { return nil }
      parameters = bounds
    default: return nil
    }
    self.name = name
  }

  private static func clipBounds(_ node: Node, _ editor: GraphEditor) -> [Float]? {
    let widest = Float.greatestFiniteMagnitude
    if node.opset < 11 { return [node.float("min") ?? -widest, node.float("max") ?? widest] }
    var bounds = [-Float.infinity, Float.infinity]
    for position in 1...2 where node.inputs.count > position && !node.inputs[position].isEmpty {
      guard let bound = editor.constantInput(node, position)?.scalarFloat else { return nil }
      bounds[position - 1] = bound
    }
    // Where min exceeds max the spec gives max to all; leave that to the operator itself.
    return bounds[0] <= bounds[1] ? bounds : nil
  }
}
