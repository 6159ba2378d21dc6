import AviaryCore

/// Gives Reshape nodes a constant target where it is computed from the shapes of other values: PyTorch's
/// exporter writes `x.reshape(B, N, 3, heads, C)` as Shape, Gather, Unsqueeze and Concat. Extents that are
/// known become numbers, the input's own 0, and one that is left over -1. With that the extents behind the
/// Reshape are known to the passes that follow, and the nodes that computed the target vanish.
struct ReshapeTargets: Pass {
  let name = "reshape-targets"
  let summary = "targets of Reshape that are computed from shapes become constants"

  func run(_ editor: inout GraphEditor, registry: OperatorRegistry) throws(ImportError) -> [String] {
    var changes: [String] = []
    for index in editor.indices {
      guard var node = editor.nodes[index], node.isOperator("Reshape"), node.opset >= 5,
        node.inputs.count == 2, (node.int("allowzero") ?? 0) == 0, editor.constant(node.inputs[1]) == nil
      else { continue }
      guard let elements = ShapeElements(of: node.inputs[1], editor)?.elements,
        let target = Self.target(elements, of: node.inputs[0], editor), let tensor = try? Tensor(target)
      else {
        editor.note("\(node.label): the target of the Reshape does not follow from shapes")
        continue
      }
      node.inputs[1] = editor.addConstant(tensor, hint: node.label)
      editor.fuse(node, inPlaceOf: index)
      changes.append("\(node.label) (Reshape) has the target \(target)")
    }
    return changes
  }

  /// 0 for extents that the input has at the same axis, at most one -1.
  private static func target(
    _ elements: [ShapeElements.Element], of data: String, _ editor: GraphEditor
  ) -> [Int64]? {
    let dims = editor.infos[data]?.shape.dims
    var target: [Int64] = []
    for (axis, element) in elements.enumerated() {
      switch element {
      case .known(let value):
        guard value >= -1 else { return nil }
        target.append(Int64(value))
      case .extent(let name, let from):
        let extent = editor.infos[name]?.shape[from] ?? .unknown
        if let value = extent.value {
          guard value > 0 else { return nil }
          target.append(Int64(value))
        } else if name == data && from == axis {
          target.append(0)
        } else if let dims, dims.indices.contains(axis), extent != .unknown, dims[axis] == extent {
          target.append(0)
        } else {
          target.append(-1)
        }
      case .unknown: target.append(-1)
      }
    }
    return target.count(where: { $0 == -1 }) <= 1 ? target : nil
  }
}
