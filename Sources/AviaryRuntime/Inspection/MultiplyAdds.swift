import AviaryCore

/// Multiply-adds of the operators that dominate a network: convolutions and products of matrices.
enum MultiplyAdds {
  /// 0 for other operators, and where a shape is not known.
  static func count(_ node: Node, inputs: [ValueInfo], outputs: [ValueInfo]) -> Int {
    guard let output = outputs.first?.shape.known, let weight = inputs.at(1)?.shape.known,
      let input = inputs.at(0)?.shape.known
    else { return 0 }
    switch node.id.name {
    case "Conv":
      // Every output element is one product over input channels of its group and the window.
      return product(output, weight.dropFirst())
    case "BlockedConv":
      // Output channels are cut into blocks, the last of which may be partly empty; the weights know how many.
      guard output.count == 5 else { return 0 }
      return product([output[0], output[2], output[3]], weight)
    case "ConvTranspose": return product(input, weight.dropFirst())
    case "Gemm":
      let transposed = (node.int("transA") ?? 0) != 0
      guard input.count == 2 else { return 0 }
      return product(output, [input[transposed ? 0 : 1]])
    case "MatMul": return product(output, input.suffix(1))
    case "Attention" where node.id.domain == OperatorID.aviaryDomain:
      return fusedAttention(node, key: weight, output: output)
    case "Attention": return attention(query: input, key: weight)
    default: return 0
    }
  }

  /// Scores and weighted values, from 4-d query and key (batch, heads, length, width) or 3-d ones
  /// (batch, length, all heads' width).
  private static func attention(query: [Int], key: [Int]) -> Int {
    guard query.count == key.count, query.count >= 3 else { return 0 }
    return product([2], query + [key[key.count - 2]])
  }

  /// Scores and weighted values of `aviary.Attention`, whose heads lie side by side.
  private static func fusedAttention(_ node: Node, key: [Int], output: [Int]) -> Int {
    guard key.count >= 3, output.count == 3, let heads = node.int("heads"),
      let headSize = node.int("head_size"), let valueSize = node.int("value_size")
    else { return 0 }
    let keys = key[(node.int("sequence_first") ?? 0) != 0 ? 0 : 1]
    let (width, overflow) = headSize.addingReportingOverflow(valueSize)
    return overflow ? .max : product([output[0], output[1], keys], [heads, width])
  }

  /// Saturates: a figure for reading must not trap on absurd shapes.
  private static func product(_ first: [Int], _ second: some Sequence<Int>) -> Int {
    (first + second).reduce(1) { total, factor in
      let (product, overflow) = total.multipliedReportingOverflow(by: factor)
      return overflow ? .max : product
    }
  }
}
