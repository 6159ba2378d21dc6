import AviaryCore

/// Moves Transpose nodes towards the outputs until they meet their inverse and vanish.
///
/// Keras exports wrap each convolution in a Transpose from NHWC and one back. Between two of them stand
/// only operators that do not care about the order of axes, once their own axes are renumbered. The
/// result is kept only where fewer Transposes are left than before.
struct TransposeSinking: Pass {
  let name = "transpose-sinking"
  let summary = "transposes move past layout-agnostic nodes and cancel"

  func run(_ editor: inout GraphEditor, registry: OperatorRegistry) throws(ImportError) -> [String] {
    let before = Self.count(editor)
    guard before > 0 else { return [] }
    var trial = editor
    // Each round moves every Transpose past at most a few nodes; a graph has a finite depth.
    for _ in 0..<max(8, editor.nodes.count) where Self.round(&trial) {}
    Self.absorbIntoDense(&trial)
    let after = Self.count(trial)
    guard after < before else { return [] }
    editor = trial
    return ["\(before) Transpose nodes before, \(after) after"]
  }

  private static func count(_ editor: GraphEditor) -> Int {
    editor.indices.count { editor.nodes[$0]?.isOperator("Transpose") ?? false }
  }

  /// One walk over the graph; true where something moved.
  private static func round(_ editor: inout GraphEditor) -> Bool {
    var moved = false
    for index in editor.indices {
      guard let node = editor.nodes[index] else { continue }
      if node.isOperator("Transpose"), merge(node, at: index, &editor) {
        moved = true
      } else if let sinking = SinkableNode(node, editor) {
        sinking.apply(at: index, &editor)
        moved = true
      }
    }
    return moved
  }

  /// Transpose of a Transpose is one Transpose, or nothing.
  private static func merge(_ node: Node, at index: Int, _ editor: inout GraphEditor) -> Bool {
    guard let outer = permutation(of: node, editor), let (innerIndex, inner) = editor.source(of: node.inputs[0]),
      let innerPerm = permutation(of: inner, editor), innerPerm.count == outer.count
    else { return false }
    let combined = outer.map { innerPerm[$0] }
    var merged = node
    merged.inputs = [inner.inputs[0]]
    merged.attributes["perm"] = .ints(combined.map(Int64.init))
    editor.replace(index, with: merged)
    removeIfUnread(innerIndex, &editor)
    if combined == Array(combined.indices) {
      _ = editor.bypass(index, input: merged.inputs[0], output: merged.outputs[0])
    }
    return true
  }

  static func removeIfUnread(_ index: Int, _ editor: inout GraphEditor) {
    guard let node = editor.nodes[index], let output = node.outputs.first, !editor.isOutput(output),
      editor.readers[output]?.isEmpty ?? true
    else { return }
    editor.remove(index)
  }

  /// The permutation of a Transpose node, where it is a valid one.
  static func permutation(of node: Node, _ editor: GraphEditor) -> [Int]? {
    guard node.isOperator("Transpose"), let input = node.inputs.first else { return nil }
    if let perm = node.ints("perm") {
      return perm.sorted() == Array(perm.indices) ? perm : nil
    }
    return editor.infos[input]?.rank.map { Array((0..<$0).reversed()) }
  }
}
