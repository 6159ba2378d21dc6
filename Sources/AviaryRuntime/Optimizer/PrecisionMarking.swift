import AviaryCore

/// Marks the large products for the arithmetic that the session asks for: Conv, Gemm and MatMul in single
/// precision get the attribute `precision` and, where they stand as in the file, move to our domain, whose
/// operators know the attribute.
///
/// Does nothing for fp32. It is what the user asked for, not an optimisation: neither `--no-optimize` nor
/// `--disable-pass` leaves it out.
struct PrecisionMarking: Pass {
  /// The attribute's name.
  static let attribute = "precision"

  let name = "precision"
  let summary = "Conv, Gemm and MatMul are marked for the arithmetic that --precision asks for"

  private static let marked: Set<String> = ["Conv", "Gemm", "MatMul"]

  func run(_ editor: inout GraphEditor, registry: OperatorRegistry) throws(ImportError) -> [String] {
    guard editor.precision != .fp32 else { return [] }
    var changes: [String] = []
    for index in editor.indices {
      guard var node = editor.nodes[index], Self.marked.contains(node.id.name),
        node.id.domain.isEmpty || node.id.domain == OperatorID.aviaryDomain,
        let output = node.outputs.first, editor.infos[output]?.elementType == .float
      else { continue }
      if node.id.domain.isEmpty {
        let id = OperatorID(node.id.name, domain: OperatorID.aviaryDomain)
        guard registry.factory(for: id, opset: 1) != nil else { continue }
        // Says nothing that shapes do not say, and our form has no versions.
        node.attributes["broadcast"] = nil
        node.id = id
        node.opset = 1
      }
      node.attributes[Self.attribute] = .string(editor.precision.rawValue)
      editor.replace(index, with: node)
      changes.append("\(node.label) (\(node.id)) computes in \(editor.precision.rawValue)")
    }
    return changes
  }

  func leftovers(_ editor: GraphEditor) -> [String] {
    guard editor.precision != .fp32 else { return ["fp32 is what operators compute in anyway"] }
    return editor.indices.compactMap { index in
      guard let node = editor.nodes[index], Self.marked.contains(node.id.name),
        node.attributes[Self.attribute] == nil
      else { return nil }
      let type = node.outputs.first.flatMap { editor.infos[$0]?.elementType?.name } ?? "a type that is not known"
      return "\(node.label) (\(node.id)) stays as it is: its result is \(type), not float"
    }
  }
}
