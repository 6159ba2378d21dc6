import AviaryCore

extension TransposeSinking {
  /// Transpose, flatten, dense: the Transpose becomes a permutation of the dense layer's weight rows.
  ///
  /// A Keras classifier flattens NHWC; behind a convolution in NCHW a Transpose is left there. It applies
  /// where the batch axis stays first, the other extents are known and the weights are constant.
  static func absorbIntoDense(_ editor: inout GraphEditor) {
    for index in editor.indices {
      guard let transpose = editor.nodes[index], let perm = permutation(of: transpose, editor),
        perm.first == 0, let input = editor.infos[transpose.inputs[0]]?.shape.dims, input.count == perm.count
      else { continue }
      let features = input.dropFirst().compactMap(\.value)
      guard features.count == perm.count - 1,
        let (flattenIndex, flatten) = editor.soleReader(of: transpose.outputs[0]),
        flattens(flatten, editor),
        let (denseIndex, dense) = editor.soleReader(of: flatten.outputs[0]),
        dense.inputs.first == flatten.outputs[0],
        let weights = permutedWeights(of: dense, perm: perm, features: features, editor)
      else { continue }
      var newDense = dense
      newDense.inputs[1] = editor.addConstant(weights, hint: dense.inputs[1])
      var newFlatten = flatten
      newFlatten.inputs[0] = transpose.inputs[0]
      editor.replace(denseIndex, with: newDense)
      editor.replace(flattenIndex, with: newFlatten)
      removeIfUnread(index, &editor)
    }
  }

  /// Whether the node makes `[batch, product of features]` of its input whatever the order of features.
  ///
  /// A Reshape to two axes does, even where its target is computed: the dense layer behind it takes rows of
  /// just that product (`permutedWeights` checks), so the first axis must be the batch.
  private static func flattens(_ node: Node, _ editor: GraphEditor) -> Bool {
    if node.isOperator("Flatten") { return (node.int("axis") ?? 1) == 1 }
    return node.isOperator("Reshape") && editor.infos[node.outputs[0]]?.rank == 2
  }

  /// The dense layer's weights for features in the order that they have before the Transpose.
  private static func permutedWeights(
    of dense: Node, perm: [Int], features: [Int], _ editor: GraphEditor
  ) -> Tensor? {
    let isGemm = dense.isOperator("Gemm")
    guard isGemm || dense.isOperator("MatMul"), let weights = editor.constantInput(dense, 1),
      weights.shape.rank == 2, (dense.int("transA") ?? 0) == 0, let values = weights.floats
    else { return nil }
    let rowsAreOutputs = isGemm && (dense.int("transB") ?? 0) != 0
    let (rows, columns) = (weights.shape[0], weights.shape[1])
    guard (rowsAreOutputs ? columns : rows) == features.reduce(1, *) else { return nil }

    // Position of each feature after the Transpose, for its position before.
    let after = perm.dropFirst().map { features[$0 - 1] }
    var stepAfter = [Int](repeating: 1, count: after.count)
    for axis in after.indices.dropLast().reversed() { stepAfter[axis] = stepAfter[axis + 1] * after[axis + 1] }
    var stepOfFeature = [Int](repeating: 0, count: features.count)
    for (axis, from) in perm.dropFirst().enumerated() { stepOfFeature[from - 1] = stepAfter[axis] }

    var moved = values
    for before in 0..<(rowsAreOutputs ? columns : rows) {
      var rest = before
      var position = 0
      for axis in features.indices.reversed() {
        position += rest % features[axis] * stepOfFeature[axis]
        rest /= features[axis]
      }
      if rowsAreOutputs {
        for row in 0..<rows { moved[row * columns + before] = values[row * columns + position] }
      } else {
        for column in 0..<columns { moved[before * columns + column] = values[position * columns + column] }
      }
    }
    return try? Tensor(moved, shape: weights.shape)
  }
}
