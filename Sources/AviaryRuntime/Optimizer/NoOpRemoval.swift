import AviaryCore

/// Removes nodes that hand on their input as it is: Identity, Dropout outside training, Cast to the type a
/// value has, Reshape or Expand to the shape it has, Transpose in the order it has, Pad by nothing, Concat
/// and variadic sums of one value. A Transpose that moves no bytes becomes a Reshape.
struct NoOpRemoval: Pass {
  let name = "no-op-removal"
  let summary = "nodes that hand on their input unchanged are removed"

  func run(_ editor: inout GraphEditor, registry: OperatorRegistry) throws(ImportError) -> [String] {
    var changes: [String] = []
    for index in editor.indices {
      guard let node = editor.nodes[index], let input = node.inputs.first, !input.isEmpty,
        let output = node.outputs.first, !output.isEmpty
      else { continue }
      if isNoOp(node, editor), editor.bypass(index, input: input, output: output) {
        changes.append("\(node.label) (\(node.id)) removed")
      } else if let reshape = reshape(for: node, &editor) {
        editor.replace(index, with: reshape)
        changes.append("\(node.label) (Transpose) moves no bytes: now a Reshape")
      }
    }
    return changes
  }

  private func isNoOp(_ node: Node, _ editor: GraphEditor) -> Bool {
    guard node.id.domain.isEmpty else { return false }
    let info = editor.infos[node.inputs[0]] ?? .unknown
    switch node.id.name {
    case "Identity": return true
    case "Dropout": return isInferenceDropout(node, editor)
    case "Cast": return node.int("to").map { Int32(truncatingIfNeeded: $0) } == info.elementType?.rawValue
    case "Reshape", "Expand", "Flatten", "Squeeze", "Unsqueeze": return sameShape(node, editor)
    case "Transpose":
      guard let rank = info.rank else { return false }
      return (node.ints("perm") ?? Array((0..<rank).reversed())) == Array(0..<rank)
    case "Pad":
      let pads = node.ints("pads") ?? editor.constantInput(node, 1).flatMap { try? $0.integers() }
      return pads.map { $0.allSatisfy { $0 == 0 } } ?? false
    case "Concat", "Sum", "Mean", "Max", "Min": return node.inputs.count == 1
    default: return false
    }
  }

  private func isInferenceDropout(_ node: Node, _ editor: GraphEditor) -> Bool {
    guard node.outputs.dropFirst().allSatisfy({ $0.isEmpty }) else { return false }
    if node.opset >= 12 {
      // The mode is an input that only a constant settles.
      guard node.inputs.count > 2, !node.inputs[2].isEmpty else { return true }
      guard let mode = editor.constantInput(node, 2), let value = try? mode.integers() else { return false }
      return value == [0]
    }
    return node.opset >= 7 || (node.int("is_test") ?? 0) != 0
  }

  private func sameShape(_ node: Node, _ editor: GraphEditor) -> Bool {
    guard let before = editor.infos[node.inputs[0]]?.shape.dims,
      let after = editor.infos[node.outputs[0]]?.shape.dims
    else { return false }
    // Equal symbols are equal extents; an unknown extent equals nothing, not even itself.
    return before == after && !before.contains(.unknown)
  }

  /// A Reshape to take the place of a Transpose that only moves axes of extent 1. At most one other extent
  /// may be unknown, and it must keep its place among the others.
  private func reshape(for node: Node, _ editor: inout GraphEditor) -> Node? {
    guard node.isOperator("Transpose"), let dims = editor.infos[node.inputs[0]]?.shape.dims,
      dims.count > 1
    else { return nil }
    let perm = node.ints("perm") ?? Array(dims.indices.reversed())
    guard perm.count == dims.count, Set(perm) == Set(dims.indices) else { return nil }
    let moved = perm.filter { dims[$0] != 1 }
    guard moved == moved.sorted(), moved.count(where: { dims[$0].value == nil }) <= 1,
      !dims.contains(0)
    else { return nil }
    let target = perm.map { Int64(dims[$0].value ?? -1) }
    guard let tensor = try? Tensor(target) else { return nil }
    var reshape = node
    reshape.id = OperatorID("Reshape")
    reshape.attributes = [:]
    reshape.inputs = [node.inputs[0], editor.addConstant(tensor, hint: node.label)]
    return reshape
  }
}
