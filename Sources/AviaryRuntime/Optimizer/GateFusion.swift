import AviaryCore

/// Recognises activations that exporters write as a value times a gate: `x * Sigmoid(x)` (SiLU, with a factor
/// inside: Swish), `x * Tanh(Softplus(x))` (Mish), and the piecewise linear gates of HardSigmoid and HardSwish written
/// with Clip.
///
/// Runs before the passes that join an activation to the Conv or MatMul in front of it.
struct GateFusion: Pass {
  let name = "gate-fusion"
  let summary = "x * Sigmoid(x) becomes Swish, Clip(x + 3, 0, 6) / 6 HardSigmoid, x times that HardSwish"

  func run(_ editor: inout GraphEditor, registry: OperatorRegistry) throws(ImportError) -> [String] {
    var changes: [String] = []
    for index in editor.indices {
      guard let node = editor.nodes[index] else { continue }
      if let line = hardSigmoid(index, node, &editor) { changes.append(line) }
    }
    for index in editor.indices {
      guard let node = editor.nodes[index] else { continue }
      if let line = gated(index, node, &editor) { changes.append(line) }
    }
    return changes
  }

  /// `Clip(x + 3, 0, 6)` scaled by a sixth: HardSigmoid, or HardSwish where `x` is multiplied in between.
  private func hardSigmoid(_ index: Int, _ clip: Node, _ editor: inout GraphEditor) -> String? {
    guard let (low, high) = editor.clipBounds(clip), low == 0, high == 6, let input = clip.inputs.first,
      let (_, add) = editor.source(of: input), let (x, shift) = editor.shift(add), shift == 3
    else { return nil }
    guard let (reader, next) = editor.soleReader(of: clip.outputs[0]) else {
      editor.note("\(clip.label): the Clip of a HardSigmoid has other readers")
      return nil
    }
    if let (_, factor) = editor.scaling(next), nearlyEqual(factor, 1 / 6) {
      let gate = Node(
        name: next.label, id: OperatorID("HardSigmoid"), opset: 6, inputs: [x], outputs: next.outputs,
        attributes: ["alpha": .float(1 / 6), "beta": .float(0.5)])
      editor.fuse(gate, inPlaceOf: reader)
      return "\(clip.label) (Clip) and its neighbours are HardSigmoid of \(x)"
    }
    guard editor.cofactor(next, of: clip.outputs[0]) == x,
      let (last, scale) = editor.soleReader(of: next.outputs[0]),
      let (_, factor) = editor.scaling(scale), nearlyEqual(factor, 1 / 6)
    else {
      editor.note("\(clip.label): Clip(x + 3, 0, 6) is not followed by a division by 6")
      return nil
    }
    editor.fuse(
      Node(
        name: scale.label, id: OperatorID("HardSwish"), opset: 14, inputs: [x], outputs: scale.outputs),
      inPlaceOf: last)
    return "\(clip.label) (Clip) and its neighbours are HardSwish of \(x)"
  }

  /// A product of a value and its own gate.
  private func gated(_ index: Int, _ product: Node, _ editor: inout GraphEditor) -> String? {
    guard let (a, b) = editor.operands(product, "Mul") else { return nil }
    for (x, gateValue) in [(a, b), (b, a)] {
      guard let (_, gate) = editor.source(of: gateValue), let input = gate.inputs.first else { continue }
      var fused = Node(
        name: product.label, id: OperatorID("Swish"), opset: 24, inputs: [x], outputs: product.outputs)
      if gate.isOperator("Sigmoid") {
        if input != x {
          guard let (_, inner) = editor.source(of: input), let (value, factor) = editor.scaling(inner),
            value == x
          else { continue }
          fused.attributes["alpha"] = .float(Float(factor))
        }
      } else if gate.isOperator("HardSigmoid"), input == x {
        let (alpha, beta) = (gate.float("alpha") ?? 0.2, gate.float("beta") ?? 0.5)
        guard nearlyEqual(Double(alpha), 1 / 6), beta == 0.5 else {
          editor.note("\(product.label): x * HardSigmoid(x) with slope \(alpha) is not HardSwish")
          continue
        }
        fused.id = OperatorID("HardSwish")
        fused.opset = 14
      } else if gate.isOperator("Tanh"), let (_, inner) = editor.source(of: input, "Softplus"),
        inner.inputs.first == x
      {
        fused.id = OperatorID("Mish")
        fused.opset = 18
      } else {
        continue
      }
      guard editor.soleReader(of: gateValue) != nil else {
        editor.note("\(product.label): the gate \(gate.label) has other readers")
        continue
      }
      editor.fuse(fused, inPlaceOf: index)
      return "\(gate.label) (\(gate.id)) and the product with \(x) are \(fused.id)"
    }
    return nil
  }
}
