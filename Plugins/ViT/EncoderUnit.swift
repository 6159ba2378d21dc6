import AviaryZoo

/// Half an encoder layer, `x + f(x)`: attention or the two dense layers behind it.
enum EncoderUnit {
  /// Width of the values that it reads and adds to.
  case attention(width: Int)
  case feedForward(width: Int)

  /// `nil` where the block is neither.
  init?(_ block: NetworkBlock) {
    guard let (main, shortcut) = block.residual, shortcut.allSatisfy({ $0.kind == .normalization }) else {
      return nil
    }
    let all = main.flattened
    guard all.allSatisfy({ $0.convolution == nil && $0.pool == nil }),
      let last = all.last(where: { $0.dense != nil }),
      let width = last.dense?.outputs
    else { return nil }
    let merges = all.compactMap(\.merge).map(\.operation)
    if merges.isEmpty {
      let dense = main.compactMap(\.dense)
      guard dense.count == 2, dense[0].inputs == width, dense[0].outputs == dense[1].inputs,
        !main.contains(where: { $0.kind == .softmax })
      else { return nil }
      self = .feedForward(width: width)
      return
    }
    // Queries by keys and scores by values, or both in one operator; nothing is rolled or put together.
    let isAttention =
      merges == ["MatMul", "MatMul"] && all.filter({ $0.kind == .softmax }).count == 1
      || merges == ["Attention"] || merges == ["MultiHeadAttention"]
    let inputs = all.compactMap(\.dense).map(\.inputs)
    guard isAttention, inputs.dropLast().allSatisfy({ $0 == width }) else { return nil }
    self = .attention(width: width)
  }

  var width: Int {
    switch self {
    case .attention(let width), .feedForward(let width): width
    }
  }

  var isAttention: Bool { if case .attention = self { true } else { false } }
}
