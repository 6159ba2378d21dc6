import AviaryCore

/// A Pad with zeros before a convolution, as TensorFlow's exporters and `F.pad` write the padding that
/// differs between the ends of an axis, becomes the convolution's own padding: nothing is copied, and no
/// layout is changed back and forth for it. An AveragePool that counts its padding takes one in the same way.
struct PadFolding: Pass {
  let name = "pad-folding"
  let summary = "Pad with zeros before Conv or AveragePool becomes its padding"

  func run(_ editor: inout GraphEditor, registry: OperatorRegistry) throws(ImportError) -> [String] {
    var changes: [String] = []
    for index in editor.indices {
      guard let node = editor.nodes[index], node.isOperator("Pad"), let output = node.outputs.first,
        !editor.isOutput(output), let readers = editor.readers[output], !readers.isEmpty,
        let amounts = amounts(node, editor)
      else { continue }
      var folded: [(Int, Node)] = []
      var problem: String?
      for reader in readers.sorted() {
        guard let window = editor.nodes[reader] else { continue }
        switch padded(window, output, by: amounts) {
        case .success(let node): folded.append((reader, node))
        case .failure(let refusal): problem = problem ?? "\(window.label) (\(window.id)) \(refusal.reason)"
        }
      }
      if let problem {
        editor.note("\(node.label) (Pad) stays: \(problem)")
        continue
      }
      for (reader, var window) in folded {
        window.inputs[0] = node.inputs[0]
        editor.replace(reader, with: window)
        changes.append("\(node.label) (Pad) is padding of \(window.label) (\(window.id.name))")
      }
      editor.remove(index)
    }
    return changes
  }

  private struct Refusal: Error { let reason: String }

  /// Zeros to add to the spatial axes, all beginnings, then all ends; `nil` for any other Pad.
  private func amounts(_ node: Node, _ editor: GraphEditor) -> [Int]? {
    guard (node.string("mode") ?? "constant") == "constant", let input = node.inputs.first,
      let info = editor.infos[input], info.elementType == .float, let rank = info.rank, rank >= 3,
      let pads = node.ints(node.opset < 2 ? "paddings" : "pads")
        ?? editor.constantInput(node, 1).flatMap({ try? $0.integers() })
    else { return nil }
    if node.opset < 11 {
      guard (node.float("value") ?? 0) == 0 else { return nil }
    } else if node.inputs.count > 2, !node.inputs[2].isEmpty {
      guard editor.constantInput(node, 2)?.scalarFloat == 0 else { return nil }
    }
    var axes = Array(0..<rank)
    if node.inputs.count > 3, !node.inputs[3].isEmpty {
      guard let given = editor.constantInput(node, 3).flatMap({ try? $0.integers() }) else { return nil }
      axes = given.map { $0 < 0 ? $0 + rank : $0 }
    }
    guard pads.count == 2 * axes.count, Set(axes).count == axes.count, axes.allSatisfy((0..<rank).contains)
    else {
      return nil
    }
    var all = [Int](repeating: 0, count: 2 * rank)
    for (k, axis) in axes.enumerated() {
      all[axis] = pads[k]
      all[rank + axis] = pads[axes.count + k]
    }
    guard [all[0], all[1], all[rank], all[rank + 1]] == [0, 0, 0, 0],
      all.allSatisfy({ (0...(1 << 20)).contains($0) })
    else { return nil }
    return Array(all[2..<rank] + all[(rank + 2)...])
  }

  /// The window with more padding.
  private func padded(_ node: Node, _ input: String, by amounts: [Int]) -> Result<Node, Refusal> {
    let isPool = node.isOperator("AveragePool")
    guard node.isOperator("Conv") || isPool else { return .failure(Refusal(reason: "cannot pad")) }
    guard node.inputs.first == input, node.allInputs.count(where: { $0 == input }) == 1 else {
      return .failure(Refusal(reason: "reads the padded value as weights"))
    }
    let mode = node.string("auto_pad") ?? "NOTSET"
    guard mode == "NOTSET" || mode == "VALID" else {
      return .failure(Refusal(reason: "pads by itself (\(mode))"))
    }
    let own =
      mode == "VALID"
      ? [Int](repeating: 0, count: amounts.count)
      : node.ints("pads") ?? [Int](repeating: 0, count: amounts.count)
    guard own.count == amounts.count else { return .failure(Refusal(reason: "has pads of another rank")) }
    if isPool {
      // Zeros that were there counted; with own padding that does not count, only some would.
      let counts = (node.int("count_include_pad") ?? 0) != 0
      guard counts || own.allSatisfy({ $0 == 0 }), (node.int("ceil_mode") ?? 0) == 0, node.opset >= 7 else {
        return .failure(Refusal(reason: "does not count its padding"))
      }
      // A window may not lie in the padding alone.
      guard let kernel = node.ints("kernel_shape"), kernel.count * 2 == amounts.count,
        zip(amounts, kernel + kernel).enumerated().allSatisfy({ $1.0 + own[$0] < $1.1 })
      else { return .failure(Refusal(reason: "has a smaller window than the padding")) }
    }
    var window = node
    window.attributes["auto_pad"] = nil
    window.attributes["pads"] = .ints(zip(own, amounts).map { Int64($0 + $1) })
    if isPool { window.attributes["count_include_pad"] = .int(1) }
    return .success(window)
  }
}
