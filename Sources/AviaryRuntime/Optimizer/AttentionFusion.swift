import AviaryCore

/// Recognises attention, `softmax(Q K' * scale + mask) V`, and makes it one node that reads queries, keys and
/// values where their projections wrote them and writes heads side by side, so that no slice, transpose or
/// reshape is left.
///
/// What lies between projections and products is followed axis by axis (`AxisView`), so any chain of Reshape,
/// Transpose, Split, Slice, Gather, Squeeze and scaling is understood: packed or separate projections, batch
/// or sequence first, heads and batch merged or not.
struct AttentionFusion: Pass {
  let name = "attention-fusion"
  let summary = "softmax attention becomes one node between the projections"

  static let id = OperatorID("Attention", domain: OperatorID.aviaryDomain)

  func run(_ editor: inout GraphEditor, registry: OperatorRegistry) throws(ImportError) -> [String] {
    guard registry.factory(for: Self.id, opset: 1) != nil else { return [] }
    var changes: [String] = []
    for index in editor.indices {
      guard let softmax = editor.nodes[index], softmax.isOperator("Softmax"),
        let scores = Scores(softmax, editor)
      else { continue }
      do throws(Mismatch) {
        let match = try Match(softmax, scores, editor)
        match.apply(&editor)
        changes.append("\(softmax.label) (Softmax) and its products are one attention of \(match.shape)")
      } catch {
        editor.note("\(softmax.label): softmax between two products, but \(error.reason)")
      }
    }
    return changes
  }

  /// Why a softmax between products is no attention that the fused node can do.
  fileprivate struct Mismatch: Error { let reason: String }
}

/// `Softmax(MatMul(q, k) * scale + mask)`, followed by a MatMul.
private struct Scores {
  let queries: String
  let keys: String
  var factor = 1.0
  var mask: String?
  let product: Node

  init?(_ softmax: Node, _ editor: GraphEditor) {
    guard let input = softmax.inputs.first, let rank = editor.infos[input]?.rank,
      let axis = softmax.int("axis") ?? (softmax.opset >= 13 ? -1 : nil), axis == -1 || axis == rank - 1,
      let (_, product) = editor.soleReader(of: softmax.outputs[0], "MatMul"),
      product.inputs.first == softmax.outputs[0]
    else { return nil }
    self.product = product
    var current = input
    // At most a mask and two scalings.
    for _ in 0..<4 {
      guard editor.soleReader(of: current) != nil, let (_, node) = editor.source(of: current) else {
        return nil
      }
      if node.isOperator("MatMul") {
        (queries, keys) = (node.inputs[0], node.inputs[1])
        return
      }
      if let (value, scale) = editor.scaling(node) {
        factor *= scale
        current = value
      } else if let (a, b) = editor.operands(node, "Add"), mask == nil, factor == 1 {
        // The scores are the operand that leads to the product.
        let first = Self.leadsToProduct(a, editor)
        mask = first ? b : a
        current = first ? a : b
      } else {
        return nil
      }
    }
    return nil
  }

  private static func leadsToProduct(_ name: String, _ editor: GraphEditor) -> Bool {
    var current = name
    for _ in 0..<3 {
      guard let (_, node) = editor.source(of: current) else { return false }
      if node.isOperator("MatMul") { return true }
      guard let (value, _) = editor.scaling(node) else { return false }
      current = value
    }
    return false
  }
}

/// A whole attention.
private struct Match {
  private let softmax: Node
  private let scores: Scores
  private let q, k, v: AttentionOperand
  private let output: AttentionOutput

  init(_ softmax: Node, _ scores: Scores, _ editor: GraphEditor) throws(AttentionFusion.Mismatch) {
    self.softmax = softmax
    self.scores = scores
    func operand(_ name: String, _ order: AttentionOperand.Order, _ what: String)
      throws(AttentionFusion.Mismatch) -> AttentionOperand
    {
      guard let operand = AttentionOperand(of: name, order, editor) else {
        throw .init(reason: "the \(what) are no view of rows of heads with known extents")
      }
      return operand
    }
    q = try operand(scores.queries, .rows, "queries")
    k = try operand(scores.keys, .columns, "keys")
    v = try operand(scores.product.inputs[1], .rows, "values")
    guard q.heads == k.heads, q.heads == v.heads, q.size == k.size else {
      throw .init(reason: "queries, keys and values differ in heads")
    }
    guard q.isSequenceFirst == k.isSequenceFirst, q.isSequenceFirst == v.isSequenceFirst else {
      throw .init(reason: "some operands have the batch first, others the sequence")
    }
    guard v.factor == 1 else { throw .init(reason: "the values are scaled") }
    for name in Set([q.base, k.base, v.base]) where editor.infos[name]?.elementType != .float {
      throw .init(reason: "the element type is not float")
    }
    if let mask = scores.mask { try Self.check(mask, q, editor) }
    guard let output = AttentionOutput(scores.product.outputs[0], q, valueSize: v.size, editor) else {
      throw .init(reason: "the heads do not come together again behind it")
    }
    self.output = output
  }

  /// A mask must broadcast to batch x heads x queries x keys.
  private static func check(
    _ mask: String, _ q: AttentionOperand, _ editor: GraphEditor
  ) throws(AttentionFusion.Mismatch) {
    guard let info = editor.infos[mask], info.elementType == .float, let dims = info.shape.dims else {
      throw .init(reason: "the type or rank of the mask is not known")
    }
    let hasFourAxes = q.leading.count == 2 && q.leading[0].allSatisfy { $0.axis < 2 }
      && q.leading[1].allSatisfy { $0.axis >= 2 }
    guard dims.count <= 2 || hasFourAxes && dims.count <= 4 || dims.count == 3 && dims[0] == 1 else {
      throw .init(reason: "batch and heads are one axis of the mask")
    }
  }

  var shape: String { "\(q.heads) heads of \(q.size)" }

  func apply(_ editor: inout GraphEditor) {
    var node = Node(
      name: softmax.label + "/Attention", id: AttentionFusion.id, opset: 1, inputs: [q.base, k.base, v.base],
      outputs: [output.name])
    if let mask = scores.mask { node.inputs.append(mask) }
    node.attributes = [
      "heads": .int(Int64(q.heads)), "head_size": .int(Int64(q.size)), "value_size": .int(Int64(v.size)),
      "offsets": .ints([q, k, v].map { Int64($0.offset) }), "steps": .ints([q, k, v].map { Int64($0.step) }),
      "scale": .float(Float(q.factor * k.factor * scores.factor)),
      "sequence_first": .int(q.isSequenceFirst ? 1 : 0),
    ]
    if let shape = output.shape {
      // Batch and positions are one axis, or heads are several.
      let inner = editor.freshName(output.name)
      node.outputs = [inner]
      editor.infos[inner] = ValueInfo(.float, .rank(3))
      editor.append(node)
      editor.fuse(
        Node(
          name: softmax.label + "/Reshape", id: OperatorID("Reshape"), opset: 13,
          inputs: [inner, editor.addConstant(shape, hint: output.name)], outputs: [output.name]),
        inPlaceOf: output.index)
    } else {
      editor.fuse(node, inPlaceOf: output.index)
    }
  }
}

/// Where the heads of the result stand side by side again.
private struct AttentionOutput {
  let index: Int
  let name: String
  /// The target of a Reshape from batch x positions x (heads * size), where the value has another shape.
  let shape: Tensor?

  /// Follows the only readers of `product` (batch and heads, positions, numbers) as far as they move axes.
  init?(_ product: String, _ q: AttentionOperand, valueSize: Int, _ editor: GraphEditor) {
    // Roles instead of axes of a base: 0 positions, 1 batch, 2 heads, 3 numbers.
    func renamed(_ atom: AxisView.Atom, _ role: Int) -> AxisView.Atom {
      AxisView.Atom(axis: role, extent: atom.extent, step: 1, isWhole: true)
    }
    var axes = q.leading.map { $0.map { renamed($0, $0.axis < 2 ? 1 : 2) } }
    axes.append(q.positions.map { renamed($0, 0) })
    axes.append(
      valueSize == 1 ? [] : [AxisView.Atom(axis: 3, extent: .known(valueSize), step: 1, isWhole: true)])
    var view = AxisView(axes: axes)
    let wanted = q.isSequenceFirst ? [0, 1, 2, 3] : [1, 0, 2, 3]
    var name = product
    var found: (index: Int, name: String, view: AxisView)?
    for _ in 0..<6 {
      guard let (reader, node) = editor.soleReader(of: name),
        ["Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze"].contains(node.id.name),
        let next = view.after(node, output: node.outputs[0], editor)
      else { break }
      view = next
      name = node.outputs[0]
      let roles = view.axes.flatMap { $0 }.map { wanted.firstIndex(of: $0.axis) ?? 4 }
      if roles == roles.sorted() { found = (reader, name, view) }
    }
    guard let found else { return nil }
    (index, self.name) = (found.index, found.name)
    func isOnly(_ axis: Int, _ roles: Set<Int>) -> Bool {
      found.view.axes[axis].allSatisfy { roles.contains($0.axis) }
    }
    if found.view.axes.count == 3, isOnly(0, [wanted[0]]), isOnly(1, [wanted[1]]), isOnly(2, [2, 3]) {
      shape = nil
      return
    }
    // Its extents, of which one may be open.
    guard let dims = editor.infos[found.name]?.shape.dims, dims.count(where: { $0.value == nil }) <= 1,
      !dims.contains(0), let tensor = try? Tensor(dims.map { Int64($0.value ?? -1) })
    else { return nil }
    shape = tensor
  }
}
