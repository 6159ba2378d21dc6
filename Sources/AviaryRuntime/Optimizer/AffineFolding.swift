import AviaryCore

/// Folds what multiplies and shifts each channel after a Conv, ConvTranspose, Gemm or MatMul into its
/// weights: BatchNormalization, and the Mul, Add, Sub and Div by constants that Keras exports leave of it.
///
/// `(W x + b) * s + t = (s W) x + (s b + t)`. Applies where weights are constant floats, the producer's
/// value is read by nobody else, and no activation stands in between.
struct AffineFolding: Pass {
  let name = "affine-folding"
  let summary = "BatchNormalization and per-channel constants go into the weights before them"

  func run(_ editor: inout GraphEditor, registry: OperatorRegistry) throws(ImportError) -> [String] {
    var changes: [String] = []
    for index in editor.indices {
      guard let producer = editor.nodes[index], let linear = LinearProducer(producer, editor) else { continue }
      var current = linear
      var count = 0
      while let output = current.node.outputs.first, let (reader, node) = editor.soleReader(of: output),
        let affine = ChannelAffine(node, of: output, channels: current.channels,
          rank: current.outputRank, axis: current.channelAxis, editor),
        let folded = current.folding(affine, &editor)
      {
        // The producer takes over the reader's output name; what lay between is gone.
        var next = folded.node
        next.outputs[0] = node.outputs[0]
        editor.remove(reader)
        editor.replace(index, with: next)
        changes.append("\(node.label) (\(node.id)) folded into \(producer.label)")
        guard let again = LinearProducer(next, editor) else { break }
        current = again
        count += 1
        if count > 16 { break }
      }
    }
    return changes
  }
}

/// `y = scale * x + shift` along one axis.
struct ChannelAffine {
  var scale: [Float]
  var shift: [Float]

  /// What `node` does to `value`, where that is one factor and one offset a channel.
  ///
  /// - Parameters:
  ///   - channels: extent of the channel axis.
  ///   - rank: rank of `value`, where known.
  ///   - axis: the channel axis, counted from the end (-1 is the last).
  init?(
    _ node: Node, of value: String, channels: Int, rank: Int?, axis: Int, _ editor: GraphEditor
  ) {
    guard node.id.domain.isEmpty, node.outputs.dropFirst().allSatisfy({ $0.isEmpty }) else { return nil }
    if node.id.name == "BatchNormalization" {
      self.init(batchNormalization: node, of: value, channels: channels, rank: rank, axis: axis, editor)
      return
    }
    guard ["Mul", "Add", "Sub", "Div"].contains(node.id.name), node.opset >= 7, node.inputs.count == 2,
      let position = node.inputs.firstIndex(of: value),
      let constant = editor.constant(node.inputs[1 - position]),
      let values = Self.perChannel(constant, channels: channels, rank: rank, axis: axis)
    else { return nil }
    let ones = [Float](repeating: 1, count: channels)
    let zeros = [Float](repeating: 0, count: channels)
    switch (node.id.name, position) {
    case ("Mul", _): self.init(scale: values, shift: zeros)
    case ("Add", _): self.init(scale: ones, shift: values)
    case ("Sub", 0): self.init(scale: ones, shift: values.map { -$0 })
    case ("Sub", _): self.init(scale: ones.map { -$0 }, shift: values)
    case ("Div", 0): self.init(scale: values.map { 1 / $0 }, shift: zeros)
    default: return nil
    }
  }

  private init(scale: [Float], shift: [Float]) {
    self.scale = scale
    self.shift = shift
  }

  private init?(
    batchNormalization node: Node, of value: String, channels: Int, rank: Int?, axis: Int,
    _ editor: GraphEditor
  ) {
    // The spec's channel axis is 1, which must be the producer's.
    guard let rank, rank + axis == 1, node.inputs.first == value, (node.int("training_mode") ?? 0) == 0,
      node.opset >= 9 || (node.int("spatial") ?? 1) == 1,
      let gamma = editor.constantInput(node, 1)?.floats, let beta = editor.constantInput(node, 2)?.floats,
      let mean = editor.constantInput(node, 3)?.floats, let variance = editor.constantInput(node, 4)?.floats,
      [gamma, beta, mean, variance].allSatisfy({ $0.count == channels })
    else { return nil }
    // Double, so that folding loses nothing against dividing in the node.
    let epsilon = Double(node.float("epsilon") ?? 1e-5)
    var scale: [Float] = []
    var shift: [Float] = []
    for c in 0..<channels {
      let factor = Double(gamma[c]) / (Double(variance[c]) + epsilon).squareRoot()
      scale.append(Float(factor))
      shift.append(Float(Double(beta[c]) - Double(mean[c]) * factor))
    }
    self.init(scale: scale, shift: shift)
  }

  /// The elements of a constant that broadcasts along everything but the channel axis.
  private static func perChannel(_ tensor: Tensor, channels: Int, rank: Int?, axis: Int) -> [Float]? {
    let dims = tensor.shape.dims
    guard tensor.count == 1 || tensor.count == channels, let values = tensor.floats else { return nil }
    // A constant of higher rank than the value would raise the result's rank.
    guard dims.count <= (rank ?? 0) || dims.isEmpty else { return nil }
    if values.count == 1 { return [Float](repeating: values[0], count: channels) }
    let position = dims.count + axis
    guard values.count == channels, dims.indices.contains(position), dims[position] == channels else {
      return nil
    }
    return values
  }
}

/// Which output channel an element of a weight tensor belongs to.
private struct WeightIndexing {
  /// Elements between neighbouring channels, and channels in a row of them.
  let inner: Int
  let span: Int
  /// Where the leading axis counts inputs of groups (ConvTranspose): inputs in a group.
  var inputsPerGroup: Int?

  func channel(of index: Int) -> Int {
    let channel = index / max(inner, 1) % max(span, 1)
    guard let inputsPerGroup else { return channel }
    return index / max(inner * span, 1) / max(inputsPerGroup, 1) * span + channel
  }
}

/// A node that is linear in its first input, with constant float weights.
private struct LinearProducer {
  var node: Node
  let channels: Int
  /// The channel axis of the output, counted from its end.
  let channelAxis: Int
  let outputRank: Int?
  private let weights: Tensor
  private let bias: [Float]?
  private let indexing: WeightIndexing

  init?(_ node: Node, _ editor: GraphEditor) {
    guard node.id.domain.isEmpty, let weights = editor.constantInput(node, 1), weights.elementType == .float
    else {
      return nil
    }
    let dims = weights.shape.dims
    self.node = node
    self.weights = weights
    outputRank = node.outputs.first.flatMap { editor.infos[$0]?.rank } ?? dims.count
    switch node.id.name {
    case "Conv":
      guard dims.count >= 3 else { return nil }
      channels = dims[0]
      channelAxis = 1 - dims.count
      indexing = WeightIndexing(inner: weights.shape.product(1..<dims.count), span: dims[0])
    case "ConvTranspose":
      let group = node.int("group") ?? 1
      guard dims.count >= 3, group > 0, dims[0] > 0, dims[0] % group == 0, weights.count > 0 else { return nil }
      channels = dims[1] * group
      channelAxis = 1 - dims.count
      indexing = WeightIndexing(
        inner: weights.shape.product(2..<dims.count), span: dims[1], inputsPerGroup: dims[0] / group)
    case "Gemm":
      guard dims.count == 2, (node.float("alpha") ?? 1) == 1, (node.float("beta") ?? 1) == 1 else { return nil }
      let transposed = (node.int("transB") ?? 0) != 0
      channels = transposed ? dims[0] : dims[1]
      channelAxis = -1
      indexing = WeightIndexing(inner: transposed ? dims[1] : 1, span: channels)
    default: return nil
    }
    guard channels > 0 else { return nil }
    if node.inputs.count > 2, !node.inputs[2].isEmpty {
      guard let bias = editor.constantInput(node, 2), let floats = bias.floats else { return nil }
      if floats.count == channels, bias.shape.dims.last == channels {
        self.bias = floats
      } else if floats.count == 1, node.id.name == "Gemm" {
        self.bias = [Float](repeating: floats[0], count: channels)
      } else {
        return nil
      }
    } else {
      bias = nil
    }
  }

  /// The same producer with `affine` applied to its output.
  func folding(_ affine: ChannelAffine, _ editor: inout GraphEditor) -> LinearProducer? {
    guard let values = try? weights.unsafeElements(as: Float.self) else { return nil }
    // Neighbours of one channel go together: a division for each weight would take longer than loading it.
    let length = max(1, indexing.inner)
    let scaled = try? Tensor(elementType: .float, shape: weights.shape) { bytes in
      let target = bytes.bindMemory(to: Float.self)
      for start in stride(from: 0, to: values.count, by: length) {
        let factor = affine.scale[indexing.channel(of: start)]
        for index in start..<min(start + length, values.count) { target[index] = values[index] * factor }
      }
    }
    let shift = (0..<channels).map { (bias?[$0] ?? 0) * affine.scale[$0] + affine.shift[$0] }
    guard let newWeights = scaled, let newBias = try? Tensor(shift) else { return nil }
    weights.releasePages()
    var folded = self
    folded.node.inputs[1] = editor.addConstant(newWeights, hint: node.inputs[1])
    let biasName = editor.addConstant(newBias, hint: node.label + "/bias")
    if folded.node.inputs.count > 2 {
      folded.node.inputs[2] = biasName
    } else {
      folded.node.inputs.append(biasName)
    }
    return folded
  }
}
