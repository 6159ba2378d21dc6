import AviaryCore

/// A mean over all spatial axes of an image (N x C x ...) is GlobalAveragePool, which has kernels of its own
/// and stays inside regions of blocked layout: the squeeze of squeeze-and-excitation, and classifier heads.
struct PoolRecognition: Pass {
  let name = "pool-recognition"
  let summary = "ReduceMean over all spatial axes becomes GlobalAveragePool"

  func run(_ editor: inout GraphEditor, registry: OperatorRegistry) throws(ImportError) -> [String] {
    var changes: [String] = []
    for index in editor.indices {
      guard let node = editor.nodes[index], node.isOperator("ReduceMean"), let input = node.inputs.first,
        let info = editor.infos[input], info.elementType == .float, let rank = info.rank, rank >= 4,
        editor.reducedAxes(node) == Array(2..<rank)
      else { continue }
      var pool = node
      pool.id = OperatorID("GlobalAveragePool")
      pool.opset = 1
      pool.inputs = [input]
      pool.attributes = [:]
      if (node.int("keepdims") ?? 1) == 0 {
        // The axes of extent 1 that the pool keeps go in a view.
        let pooled = editor.freshName(node.outputs[0])
        pool.outputs = [pooled]
        if let dims = info.shape.dims {
          editor.infos[pooled] = ValueInfo(
            .float, SymbolicShape(Array(dims[..<2]) + [Extent](repeating: 1, count: rank - 2)))
        }
        editor.append(
          Node(
            name: node.label + "/Flatten", id: OperatorID("Flatten"), opset: 13, inputs: [pooled],
            outputs: node.outputs, attributes: ["axis": .int(1)]))
      }
      editor.replace(index, with: pool)
      changes.append("\(node.label) (ReduceMean) is GlobalAveragePool")
    }
    return changes
  }
}
