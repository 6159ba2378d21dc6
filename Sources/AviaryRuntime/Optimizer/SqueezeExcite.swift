import AviaryCore
import AviaryKernels

/// Takes the two passes over an image that squeeze-and-excite costs (Hu et al., "Squeeze-and-Excitation
/// Networks", 2018) into the convolutions around it: a depthwise convolution gives the mean of its result
/// with the result, and the convolution that reads the gated image multiplies by the gate itself.
///
/// The means of any depthwise convolution and the gates of any pointwise one are found, whatever computes the
/// gate from the mean.
struct SqueezeExcite: Pass {
  let name = "squeeze-excite"
  let summary = "depthwise convolutions give the mean of their result, pointwise ones multiply by a gate"

  func run(_ editor: inout GraphEditor, registry: OperatorRegistry) throws(ImportError) -> [String] {
    var changes: [String] = []
    for index in editor.indices {
      guard let node = editor.nodes[index] else { continue }
      if let line = mean(index, node, &editor) ?? gate(index, node, &editor) { changes.append(line) }
    }
    return changes
  }

  private func isBlocked(_ node: Node, _ name: String) -> Bool {
    node.id == OperatorID(name, domain: OperatorID.aviaryDomain)
  }

  /// A mean of what a depthwise convolution made.
  private func mean(_ index: Int, _ pool: Node, _ editor: inout GraphEditor) -> String? {
    guard isBlocked(pool, "BlockedGlobalAveragePool"), let (source, conv) = editor.source(of: pool.inputs[0]),
      isBlocked(conv, "BlockedConv"), conv.outputs.count == 1, let groups = conv.int("group"), groups > 1,
      editor.constantInput(conv, 1)?.shape.dims.prefix(2) == [groups, 1]
    else { return nil }
    var made = conv
    made.outputs.append(pool.outputs[0])
    made.attributes["mean"] = .int(1)
    editor.remove(index)
    editor.replace(source, with: made)
    return "\(pool.label) is taken by \(conv.label) with its result"
  }

  /// A product with a gate that one pointwise convolution reads.
  private func gate(_ index: Int, _ product: Node, _ editor: inout GraphEditor) -> String? {
    guard let (a, b) = editor.operands(product, "Mul"),
      let (reader, conv) = editor.soleReader(of: product.outputs[0]), isBlocked(conv, "BlockedConv"),
      conv.inputs.first == product.outputs[0], conv.inputs.count <= 6, conv.int("group") ?? 1 == 1,
      conv.attributes["precision"] == nil, conv.attributes["input_layout"] == nil,
      editor.constantInput(conv, 1)?.shape.dims.suffix(2) == [1, 1],
      (conv.ints("strides") ?? [1, 1]) == [1, 1], (conv.ints("pads") ?? [0, 0, 0, 0]).allSatisfy({ $0 == 0 })
    else { return nil }
    for (x, gate) in [(a, b), (b, a)] {
      // As many images and blocks as the gate has, which inference may know by a symbol only.
      guard let image = editor.infos[x]?.shape.dims, let factors = editor.infos[gate]?.shape.dims,
        image.count == 5, factors.count == 5, editor.constant(gate) == nil, image[..<2] == factors[..<2],
        factors[2...] == [1, 1, image[4]], image[0] != .unknown, image[2] != 1 || image[3] != 1
      else { continue }
      var made = conv
      made.inputs[0] = x
      made.inputs += [String](repeating: "", count: 6 - made.inputs.count) + [gate]
      editor.remove(index)
      editor.replace(reader, with: made)
      return "\(product.label) (\(product.id)) is done by \(conv.label)"
    }
    return nil
  }
}
