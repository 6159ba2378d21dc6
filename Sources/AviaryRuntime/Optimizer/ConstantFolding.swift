import AviaryCore

/// Replaces nodes whose outputs are the same in every run by constants: Constant nodes, arithmetic on
/// weights, and shape subgraphs wherever the shapes they start from are known.
///
/// Shape inference has done the arithmetic already; this pass makes it part of the graph.
struct ConstantFolding: Pass {
  let name = "constant-folding"
  let summary = "nodes whose result never changes become constants"

  func run(_ editor: inout GraphEditor, registry: OperatorRegistry) throws(ImportError) -> [String] {
    var changes: [String] = []
    for index in editor.indices {
      guard let node = editor.nodes[index] else { continue }
      let outputs = node.outputs.filter { !$0.isEmpty }
      let tensors = outputs.compactMap { editor.infos[$0]?.tensor }
      guard !outputs.isEmpty, tensors.count == outputs.count else { continue }
      editor.remove(index)
      for (output, tensor) in zip(outputs, tensors) { editor.setConstant(output, tensor) }
      changes.append("\(node.label) (\(node.id)) is constant")
    }
    return changes
  }
}
