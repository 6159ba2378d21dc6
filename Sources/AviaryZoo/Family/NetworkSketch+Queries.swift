/// Questions that families ask of blocks.
extension [NetworkBlock] {
  /// All blocks, those in branches included, in the order of computation.
  public var flattened: [NetworkBlock] { flatMap(\.flattened) }

  /// All convolutions, those in branches included.
  public var convolutions: [NetworkBlock.Convolution] { flattened.compactMap(\.convolution) }

  public var allNodes: [Int] { flatMap(\.allNodes) }

  /// Without activations that stand alone, normalisations and pools: what has weights that mix values.
  public var weighted: [NetworkBlock] {
    filter { $0.convolution != nil || $0.dense != nil || $0.merge != nil }
  }
}

extension NetworkBlock {
  /// For `x + f(x)`: what lies on the two ways, the shorter one second.
  public var residual: (main: [NetworkBlock], shortcut: [NetworkBlock])? {
    guard let merge, merge.operation == "Add" || merge.operation == "Sum", merge.branches.count == 2 else {
      return nil
    }
    let (first, second) = (merge.branches[0], merge.branches[1])
    return first.weighted.count >= second.weighted.count ? (first, second) : (second, first)
  }

  /// For `x * g(x)`, where g pools over the map and ends in a weight per channel (squeeze and excitation):
  /// what computes the gate.
  public var channelGate: [NetworkBlock]? {
    guard let merge, merge.operation == "Mul", merge.branches.count == 2,
      let gate = merge.branches.first(where: { !$0.isEmpty }),
      merge.branches.contains(where: \.isEmpty),
      let squeeze = gate.first?.pool, squeeze.kernel == nil
    else { return nil }
    let rest = gate.dropFirst()
    let isPerChannel = rest.allSatisfy { $0.dense != nil || $0.convolution?.isPointwise == true }
    return isPerChannel && !rest.isEmpty ? gate : nil
  }
}

extension NetworkSketch {
  /// The blocks without the scores at the end: what follows the last convolution, residual sum or gate.
  public var head: [NetworkBlock] {
    guard let blocks else { return [] }
    let last = blocks.lastIndex { $0.convolution != nil || $0.merge != nil }
    return last.map { Array(blocks[($0 + 1)...]) } ?? blocks
  }

  /// The blocks before `head`.
  public var body: [NetworkBlock] { blocks.map { Array($0.dropLast(head.count)) } ?? [] }

  /// Whether `head` makes scores for classes of one picture: pools or dense layers, perhaps a softmax.
  public var endsInScores: Bool {
    let head = head
    let hasScores = head.contains { $0.dense != nil || ($0.pool != nil && $0.pool?.kernel == nil) }
    return hasScores
      && head.allSatisfy {
        $0.dense != nil || $0.pool != nil || $0.kind == .softmax || $0.kind == .normalization
          || $0.kind == .activation
      }
  }
}
