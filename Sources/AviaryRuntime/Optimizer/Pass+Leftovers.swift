import AviaryCore
import AviaryKernels

// What each pass looks for and had to leave, and why. Asked of the graph as the pass left it, so that the
// passes themselves need not keep book.

extension ConstantFolding {
  func leftovers(_ editor: GraphEditor) -> [String] {
    editor.remaining(["Constant", "Shape", "ConstantOfShape"]) { node in
      node.isOperator("Shape")
        ? "the shape of '\(node.inputs.first ?? "")' is \(editor.shapeText(node.inputs.first)) until a run "
          + "gives it; plans fold it then"
        : "its content is not known or too large to store"
    }
  }
}

extension NoOpRemoval {
  func leftovers(_ editor: GraphEditor) -> [String] {
    editor.remaining(["Identity", "Dropout"]) { node in
      if node.isOperator("Dropout") { return "it may run in training mode, or its mask is wanted" }
      return "the graph's own names stand on both sides"
    }
  }
}

extension TransposeSinking {
  func leftovers(_ editor: GraphEditor) -> [String] {
    editor.remaining(["Transpose"]) { node in
      let input = node.inputs.first ?? ""
      let before = editor.source(of: input).map { "\($0.node.id)" } ?? "the graph's input"
      return "between \(before) and \(editor.readersText(node.outputs.first)); no inverse to cancel with"
    }
  }
}

extension AffineFolding {
  func leftovers(_ editor: GraphEditor) -> [String] {
    editor.remaining(["BatchNormalization"]) { node in
      guard let input = node.inputs.first, let (_, producer) = editor.source(of: input) else {
        return "no node stands before it"
      }
      guard ["Conv", "ConvTranspose", "Gemm", "MatMul"].contains(producer.id.name) else {
        return "\(producer.id) stands before it, which has no weights to fold into"
      }
      if editor.soleReader(of: input) == nil {
        return "the value of \(producer.label) is read elsewhere too: \(editor.readersText(input))"
      }
      if editor.constantInput(producer, 1)?.elementType != .float {
        return "the weights of \(producer.label) are not constant floats"
      }
      return "its own parameters are not constant, or the channel axes differ"
    }
  }
}

extension ActivationFusion {
  private static let activations: Set<String> = [
    "Relu", "Sigmoid", "Tanh", "HardSwish", "LeakyRelu", "Elu", "HardSigmoid", "Gelu", "Clip",
  ]

  func leftovers(_ editor: GraphEditor) -> [String] {
    editor.remaining(Self.activations) { node in
      guard let input = node.inputs.first, let (_, producer) = editor.source(of: input) else {
        return "no node stands before it"
      }
      guard ["Conv", "Gemm", "MatMul"].contains(producer.id.name) else {
        return "\(producer.id) stands before it, which takes no activation"
      }
      if producer.attributes["activation"] != nil {
        return "\(producer.label) has \(producer.string("activation") ?? "an activation") already"
      }
      if editor.soleReader(of: input) == nil {
        return "the value of \(producer.label) is read elsewhere too: \(editor.readersText(input))"
      }
      return "its parameters are not constant, or its type is not float"
    }
  }
}

extension LayoutAssignment {
  func leftovers(_ editor: GraphEditor) -> [String] {
    let lanes = BlockLayout.current.lanes
    return editor.remaining(["Conv"], domains: ["", OperatorID.aviaryDomain]) { node in
      guard let weights = editor.constantInput(node, 1) else { return "its weights are not constant" }
      guard weights.elementType == .float else { return "its weights are \(weights.elementType.name), not float" }
      guard weights.shape.rank == 4 else {
        return "blocks are made of images, its weights have \(weights.shape.rank) axes"
      }
      let groups = node.int("group") ?? 1
      if groups > 1, weights.shape[1] % lanes != 0 || weights.shape[0] / groups % lanes != 0 {
        return "its \(groups) groups do not fill blocks of \(lanes) channels"
      }
      return "its bias is not constant, or the rank of what it reads is not known"
    }
  }
}

extension GraphEditor {
  /// A line for each node of these operators that is still there.
  fileprivate func remaining(
    _ names: Set<String>, domains: Set<String> = [""], _ reason: (Node) -> String
  ) -> [String] {
    indices.compactMap { index in
      guard let node = nodes[index], domains.contains(node.id.domain), names.contains(node.id.name) else { return nil }
      return "\(node.label) (\(node.id)) stays: \(reason(node))"
    }
  }

  fileprivate func shapeText(_ name: String?) -> String {
    name.flatMap { infos[$0]?.shape.description } ?? "not known"
  }

  /// The operators that read a value, and the graph's output where it is one.
  fileprivate func readersText(_ name: String?) -> String {
    guard let name else { return "nothing" }
    var texts = (readers[name] ?? []).sorted().compactMap { nodes[$0].map { "\($0.id)" } }
    if isOutput(name) { texts.append("the graph's output") }
    return texts.isEmpty ? "nothing" : texts.joined(separator: ", ")
  }
}
